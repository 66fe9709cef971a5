"""## Code in sealed processes

1,000 runs of a program that computes for 10 ms, each with its test in separate sandboxed processes, against a plain
loop that runs the same program with `subprocess` and no sandbox; both sequentially.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.ratios import Ratio, cost
from rft.adapters.sandbox.processes import ProcessSandbox
from rft.contracts.graders.code_tests import CodeTests

RUNS, ROUNDS = 1000, 10
WORK = """
import time
def f(x):
    end = time.process_time() + 0.01
    while time.process_time() < end: pass
    return x + 1
"""
FUNCTION = CodeTests.model_validate({"tests": ["assert f(1) == 2"]})
PROGRAM = CodeTests.model_validate({"exchanges": [{"stdin": "1", "stdout": "2"}]})


def measure() -> list[Ratio]:
    """Measure all three ways in alternation, over several rounds."""
    sandbox = ProcessSandbox()
    program = f"{WORK}\nprint(f(int(input())))"
    ways: list[Callable[[], bool]] = [
        lambda: sandbox.test(WORK, FUNCTION, remaining=lambda: 60)[0].passed,
        lambda: sandbox.test(program, PROGRAM, remaining=lambda: 60)[0].passed,
        lambda: _plain(program),
    ]
    seconds = [0.0] * len(ways)
    for _ in range(ROUNDS):
        for at, way in enumerate(ways):
            seconds[at] += _timed(way)
    sandbox.close()
    tests, exchanges, plain = seconds
    return [
        cost(f"{RUNS:,} runs with asserts: against subprocess", ours=tests, baseline=plain, bound=1.5),
        cost(f"{RUNS:,} runs by standard output: against subprocess", ours=exchanges, baseline=plain, bound=1.5),
    ]


def _timed(run: Callable[[], bool]) -> float:
    started = time.monotonic()
    if not all(run() for _ in range(RUNS // ROUNDS)):
        raise RuntimeError("a correct solution did not pass")
    return time.monotonic() - started


def _plain(program: str) -> bool:
    done = subprocess.run([sys.executable, "-c", program], input="1", capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() == "2"
