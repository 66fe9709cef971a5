"""Code in sealed processes: what tests can say about it, and that no attack earns anything or outlives its sample."""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rft.adapters.sandbox.processes import ProcessSandbox
from rft.contracts.graders.code_tests import CodeTests
from rft.errors import DeadlineExceeded
from rft.rewards.samples import UngradableSample
from tests.kit.code_answers import GOOD_TESTS, LIBRARY, SETUP
from tests.kit.sandboxed import descendants, passed, printed, run
from tests.kit.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="code is sealed by the Linux kernel")


def test_tests_of_every_usual_form_pass_with_a_right_answer(sandbox: ProcessSandbox) -> None:
    results = run(sandbox, LIBRARY, tests=GOOD_TESTS, setup=SETUP)
    assert {test: result.reason for test, result in zip(GOOD_TESTS, results, strict=True) if not result.passed} == {}


def test_each_test_passes_or_fails_on_its_own(sandbox: ProcessSandbox) -> None:
    program = "def f(x):\n    if x == 2: raise KeyError('two')\n    return x"
    results = run(
        sandbox, program, tests=["assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 4", "assert g() == 1"]
    )
    assert [r.passed for r in results] == [True, False, False, False]
    assert [r.reason.split(":")[0] for r in results] == ["", "KeyError", "AssertionError", "NameError"]


def test_as_many_tests_as_a_row_may_have_fail_with_long_reasons(sandbox: ProcessSandbox) -> None:
    program = "def f(n):\n    if n < 199: raise ValueError('ä' * 500)\n    return n"
    results = run(sandbox, program, tests=[f"assert f({n}) == {n}" for n in range(200)], seconds=30)
    assert [r.passed for r in results] == [False] * 199 + [True]
    assert results[198].reason.startswith("ValueError: ää")


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("def f(:", "SyntaxError"),
        ("raise ValueError('no')", "ValueError: no"),
        ("import numpy", "ModuleNotFoundError"),
        ("import os\nos._exit(0)", "the answer ended"),
        ("import ctypes\nctypes.string_at(0)", "the answer ended"),
    ],
)
def test_an_answer_that_cannot_be_loaded_fails_all_tests(sandbox: ProcessSandbox, program: str, reason: str) -> None:
    results = run(sandbox, program, tests=["assert f() == 1", "assert f() == 2"])
    assert [reason in r.reason for r in results] == [True, True]
    assert not any(r.passed for r in results)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"setup": "import no_such"}, "ModuleNotFoundError"),
        ({"tests": ["class Own: pass\nassert f(Own())"]}, "a test passes a Own"),
        ({"tests": ["import itertools\nassert f(itertools.count())"]}, "iterator of over 100000"),
    ],
)
def test_unusable_tests_are_not_counted_against_the_answer(
    sandbox: ProcessSandbox, rules: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UngradableSample, match=reason):
        run(sandbox, "def f(x): return x", **{"tests": ["assert f(1)"], **rules})


def test_a_program_is_tested_by_its_output_for_each_input(sandbox: ProcessSandbox) -> None:
    program = "a, b = map(int, input().split())\nprint(a + b)\nprint()"
    cases = [{"stdin": "1 2\n", "stdout": "3"}, {"stdin": "2 2", "stdout": "4  \r\n"}, {"stdin": "", "stdout": "0"}]
    assert [r.passed for r in run(sandbox, program, exchanges=cases)] == [True, True, False]
    assert printed(sandbox, "import sys\nif __name__ == '__main__':\n    print('x')\n    sys.exit(0)", "x")
    assert not printed(sandbox, "print('x')\nraise SystemExit(1)", "x")
    assert printed(
        sandbox, "import threading\nt = threading.Thread(target=print, args=('x',))\nt.start(); t.join()", "x"
    )
    assert printed(sandbox, "import asyncio\nasync def f(): print('x')\nasyncio.run(f())", "x")


def test_time_and_memory_are_bounded(sandbox: ProcessSandbox) -> None:
    started = time.monotonic()
    assert passed(sandbox, "def f():\n    while True: pass", "assert f()", "assert f()", seconds=0.5) == [False, False]
    assert not printed(sandbox, "while True: pass", "x", seconds=0.5)
    assert not printed(sandbox, "import time\ntime.sleep(60)", "x", seconds=0.5)
    assert printed(sandbox, "try: bytearray(10**9)\nexcept MemoryError: print('x')", "x")
    assert time.monotonic() - started < 10


def test_after_a_timeout_the_other_inputs_are_not_run(sandbox: ProcessSandbox) -> None:
    cases = [{"stdin": str(n), "stdout": str(n)} for n in range(20)]
    started = time.monotonic()
    results = run(sandbox, "n = input()\nwhile n == '1': pass\nprint(n)", exchanges=cases, seconds=0.5)
    assert [r.passed for r in results] == [True] + [False] * 19
    assert "timed out" in results[1].reason
    assert time.monotonic() - started < 5


def test_a_batch_timeout_is_not_a_failed_test(sandbox: ProcessSandbox) -> None:
    tests = CodeTests.model_validate({"tests": ["assert f()"], "seconds": 5})
    with pytest.raises(DeadlineExceeded):
        sandbox.test("def f():\n    while True: pass", tests, remaining=lambda: 0.3)
    with pytest.raises(DeadlineExceeded):
        sandbox.test("def f(): return 1", tests, remaining=lambda: 0)
    assert passed(sandbox, "def f(): return 1", "assert f()") == [True]


def test_samples_run_concurrently(sandbox: ProcessSandbox) -> None:
    """Each program waits for a file that is written when all of them run."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(3) as pool:
        Path(folder).chmod(0o755)
        signal = Path(folder) / "all-run"
        program = f"import os, time\ndef f():\n    while not os.path.exists({str(signal)!r}): time.sleep(0.01)"
        before = len(descendants())
        found = [pool.submit(passed, sandbox, program, "assert f() is None", seconds=60) for _ in range(3)]
        eventually(lambda: len(descendants()) >= before + 3 * 2 + 2, "a program and a suite for each, two new servers")
        signal.touch()
        assert [each.result() for each in found] == [[True]] * 3
