"""Code in sealed processes: what tests can say about it, and that no attack earns anything or outlives its sample."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.adapters.sandbox import wire
from rft.adapters.sandbox.processes import ProcessSandbox
from rft.contracts.graders.code_tests import CaseResult, CodeTests
from rft.errors import DeadlineExceeded
from rft.rewards.samples import UngradableSample
from tests.kit.code_answers import FORGERIES, GOOD_TESTS, LIBRARY, SETUP, TARGETS
from tests.kit.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="code is sealed by the Linux kernel")


PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ProcessSandbox]:
    """One with a fork server running. Processes that a fork server loses become this process's children."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    opened = ProcessSandbox()
    assert passed(opened, "def f(): return 1", "assert f() == 1") == [True]
    yield opened
    opened.close()
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def run(sandbox: ProcessSandbox, program: str, **tests: Any) -> Sequence[CaseResult]:
    return sandbox.test(program, CodeTests.model_validate(tests), remaining=lambda: 60)


def passed(sandbox: ProcessSandbox, program: str, *tests: str, **rules: Any) -> list[bool]:
    return [result.passed for result in run(sandbox, program, tests=tests, **rules)]


def printed(sandbox: ProcessSandbox, program: str, stdout: str, **rules: Any) -> bool:
    """Whether the program, given nothing, prints this."""
    (result,) = run(sandbox, program, exchanges=[{"stdout": stdout}], **rules)
    return result.passed


# ---- what tests can say -------------------------------------------------------------------------------------------


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
def test_tests_that_cannot_be_run_are_no_fault_of_the_answer(
    sandbox: ProcessSandbox, rules: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UngradableSample, match=reason):
        run(sandbox, "def f(x): return x", **{"tests": ["assert f(1)"], **rules})


def test_a_program_is_its_output_to_each_input(sandbox: ProcessSandbox) -> None:
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


def test_a_batch_that_ends_is_no_fault_of_the_answer(sandbox: ProcessSandbox) -> None:
    tests = CodeTests.model_validate({"tests": ["assert f()"], "seconds": 5})
    with pytest.raises(DeadlineExceeded):
        sandbox.test("def f():\n    while True: pass", tests, remaining=lambda: 0.3)
    with pytest.raises(DeadlineExceeded):
        sandbox.test("def f(): return 1", tests, remaining=lambda: 0)
    assert passed(sandbox, "def f(): return 1", "assert f()") == [True]


def test_samples_run_at_the_same_time(sandbox: ProcessSandbox) -> None:
    """Each program waits for a file that is written when all of them run."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(3) as pool:
        Path(folder).chmod(0o755)
        signal = Path(folder) / "all-run"
        program = f"import os, time\ndef f():\n    while not os.path.exists({str(signal)!r}): time.sleep(0.01)"
        before = len(_descendants())
        found = [pool.submit(passed, sandbox, program, "assert f() is None", seconds=60) for _ in range(3)]
        eventually(lambda: len(_descendants()) >= before + 3 * 2 + 2, "a program and a suite for each, two new servers")
        signal.touch()
        assert [each.result() for each in found] == [[True]] * 3


# ---- attacks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", FORGERIES)
def test_an_attack_earns_no_test_and_the_next_sample_is_untouched(sandbox: ProcessSandbox, attack: str) -> None:
    assert passed(sandbox, FORGERIES[attack], *TARGETS, seconds=0.4) == [False] * 3
    assert passed(sandbox, "def f(x): return 414243", *TARGETS) == [True] * 3


@pytest.mark.parametrize("attack", [name for name in FORGERIES if name != "hangs on exit"])
def test_an_attack_prints_no_expected_output(sandbox: ProcessSandbox, attack: str) -> None:
    assert not printed(sandbox, f"{FORGERIES[attack]}\nprint(f(1))", "414243", seconds=0.4)


REFUSED = {
    "fork": "os.fork()",
    "program": "os.execv('/bin/sh', ['sh'])",
    "subprocess": "__import__('subprocess').run(['/bin/true'])",
    "internet": "socket.socket()",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "kill the grader": "os.kill(os.getppid(), 9)",
    "kill all": "os.kill(-1, 9)",
    "signals of a pipe's owner": "__import__('fcntl').fcntl(1, 8, os.getppid())",
    "trace": "libc('ptrace', 16, os.getppid(), 0, 0)",
    "read memory": "libc('process_vm_readv', os.getppid(), 0, 0, 0, 0, 0)",
    "limit others": "__import__('resource').prlimit(os.getppid(), 0, (1, 1))",
    "write a file": "open('/tmp/rft-left', 'w')",
    "append to a file": "os.open('/tmp/rft-left', os.O_APPEND | os.O_RDWR)",
    "make a directory": "os.mkdir('/tmp/rft-left')",
    "make a link": "os.symlink('/', '/tmp/rft-left')",
    "make a pipe file": "os.mkfifo('/tmp/rft-left')",
    "shared memory": "libc('shmget', 77, 4096, 0o1666)",
    "message queue": "libc('msgget', 77, 0o1666)",
    "leave the group": "os.setsid()",
    "be dumpable": "libc('prctl', 4, 1, 0, 0, 0)",
    "old clone": "raw_clone()",
}


@pytest.mark.parametrize("attack", REFUSED)
def test_the_kernel_refuses(sandbox: ProcessSandbox, attack: str) -> None:
    program = f"""
import ctypes, errno, os, socket
def libc(name, *args):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*args) == -1:
        raise OSError(ctypes.get_errno(), '')
def raw_clone():
    number = {{'x86_64': 56, 'aarch64': 220}}[os.uname().machine]
    libc('syscall', number, 17, 0, 0, 0, 0)
try:
    {REFUSED[attack]}
    print('done')
except OSError as error:
    print(error.errno == errno.EPERM)
"""
    assert printed(sandbox, program, "True")
    assert not Path("/tmp/rft-left").exists()


def test_no_environment_can_be_read(sandbox: ProcessSandbox) -> None:
    """Of this process, of the fork server and of its own: credentials are in the first."""
    program = """
import os
seen = str(dict(os.environ))
for path in [f'/proc/{p}/environ' for p in os.listdir('/proc')] + ['/proc/thread-self/environ']:
    try: seen += open(path, errors='replace').read()
    except OSError: pass
print(len(seen) < 100 and 'AWS_' not in seen and 'PATH' not in seen, os.getuid() > 0)
"""
    assert printed(sandbox, program, "True True")


def test_the_runtime_api_cannot_be_reached(sandbox: ProcessSandbox) -> None:
    """Neither by a connection of its own nor by one that was left open; who answers it earns whatever it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = f"""
import os, stat, socket
try:
    socket.socket().connect(('127.0.0.1', {port}))
    print('reached')
except OSError:
    pass
for fd in range(64):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode): print('open')
    except OSError: pass
"""
        assert printed(sandbox, program, "")


def test_nothing_is_left_open_and_nothing_of_the_layer_can_be_imported(sandbox: ProcessSandbox) -> None:
    program = """
import importlib, os
opened = []
for fd in range(64):
    try: os.fstat(fd); opened.append(fd)
    except OSError: pass
print(opened)
try: importlib.import_module('pydantic'); print('found')
except ImportError: print('none')
"""
    assert printed(sandbox, program, "[0, 1, 2]\nnone")


def test_processes_end_with_their_sample(sandbox: ProcessSandbox) -> None:
    before = _descendants()
    passed(
        sandbox,
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\ndef f(): return 1",
        "assert f() == 1",
    )
    printed(sandbox, "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()", "x")
    assert _descendants() == before


def test_a_fork_bomb_does_nothing(sandbox: ProcessSandbox) -> None:
    """Under a hard limit of its own, in case that the seal has a hole."""
    if os.geteuid() != 0 and not _pids_are_limited():
        pytest.skip("no hard limit of processes here: root drops to a user with one, others need a pids cgroup")
    bomb = """
import os, threading
while True:
    try:
        os.fork()
    except OSError:
        pass
    try:
        threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()
    except (RuntimeError, MemoryError):
        pass
"""
    before = _descendants()
    assert not printed(sandbox, bomb, "x", seconds=1)
    assert _descendants() == before
    assert passed(sandbox, "def f(): return 1", "assert f() == 1") == [True]


def _descendants() -> set[int]:
    """Processes that this one started or inherited: the fork servers, and what they forked."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found, pending = set[int](), [os.getpid()]
    while pending:
        children = [pid for pid, parent in parents.items() if parent == pending[-1]]
        pending[-1:] = children
        found.update(children)
    return found


def _pids_are_limited() -> bool:
    limit = Path("/sys/fs/cgroup/pids.max")
    return limit.exists() and limit.read_text().strip().isdigit()


# ---- the wire -----------------------------------------------------------------------------------------------------

PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.binary(max_size=5)
)
HASHABLE = st.recursive(PLAIN, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=5)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HASHABLE, inner, max_size=3) | st.tuples(inner),
    max_leaves=10,
)


def refuse(value: Any) -> Any:
    raise TypeError(value)


@settings(max_examples=200)
@given(VALUES)
def test_plain_values_arrive_as_they_were_sent(value: Any) -> None:
    arrived = wire.decode(wire.encode(value, refuse), refuse)
    assert arrived == value
    assert repr(type(arrived)) == repr(type(value))


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner)))
def test_whatever_the_answer_sends_is_plain_data_or_refused(sent: Any) -> None:
    try:
        value = wire.decode(sent, refuse)
    except (wire.Broken, TypeError):
        return
    assert type(value).__module__ in {"builtins", "collections", "decimal", "fractions"}
