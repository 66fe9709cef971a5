"""Ctrl-C while a command is still being loaded, which takes the longest where it is first used."""

from __future__ import annotations

import subprocess
import sys

import pytest

INTERRUPTED_WHILE_LOADING = """
import builtins, os, signal, sys
load = builtins.__import__

def interrupted(name, *rest):
    if name == MODULE:
        os.kill(os.getpid(), signal.SIGINT)
    return load(name, *rest)

from rft_cli.__main__ import main
builtins.__import__ = interrupted
sys.argv = ["rft", "list", "--api-url", "http://127.0.0.1:9"]
main()
"""


@pytest.mark.parametrize("module", ["typer", "botocore.session", "rich.console"])
def test_an_interrupt_while_modules_load_is_one_line_and_status_130(module: str) -> None:
    code = INTERRUPTED_WHILE_LOADING.replace("MODULE", repr(module))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "rft: interrupted\n")
