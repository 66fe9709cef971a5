"""Nothing of one machine is committed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.kit.project import ROOT

ONE_MACHINES = {
    "a package host": r"\bpypi\b|pythonhost[e]d|(?<!-no-emit)-(extra-)?index-url|(?<!-no-emit)-find-links",
    "a path of one machine": r"(?<![\w.}])/(home|Users|root|wor[k]|mnt)/\w",
}


@pytest.mark.parametrize("what", ONE_MACHINES)
def test_nothing_committed_names(what: str) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name and "tiktoken_cache" not in name]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        if path.is_file() and path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if re.search(ONE_MACHINES[what], line)
    ]
    assert found == []
