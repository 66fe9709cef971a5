"""The CPU limit of benchmarks applies to all processes of a function together."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit.cpu_limit import cpu_limited, share

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not report other processes")

COMPUTE = "import time\nwhile time.process_time() < {seconds}: pass\n"
COUNT = """
import signal, time
resumed = []
signal.signal(signal.SIGCONT, lambda *_: resumed.append(1))
while time.process_time() < 0.2: pass
print(len(resumed))
"""
IN_TWO = """
import os
child = os.fork()
{compute}
if child: os.waitpid(child, 0)
"""


def seconds(code: str, folder: Path) -> float:
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)  # noqa: S603  our own code
    return time.monotonic() - start


def times_resumed(folder: Path) -> int:
    """Return how often a computing process in `folder` was paused and resumed."""
    command = [sys.executable, "-c", COUNT]
    return int(subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout)  # noqa: S603  our own code


def test_a_functions_cpu_share_is_limited_by_its_memory(tmp_path: Path) -> None:
    slow, free = tmp_path / "slow", tmp_path / "free"
    slow.mkdir()
    free.mkdir()
    compute = COMPUTE.format(seconds=0.2)

    with cpu_limited({"slow": 442}):
        alone = seconds(compute, slow)
        in_two = seconds(IN_TWO.format(compute=compute), slow)
        resumed = {folder: times_resumed(folder) for folder in (slow, free)}

    least = 0.2 / share(442)
    assert least == pytest.approx(0.8, rel=0.01)
    assert alone > 0.9 * least
    assert in_two > 0.9 * 2 * least
    assert resumed[slow] > 0
    assert resumed[free] == 0
