"""Programs that attack the sandbox, and values that they send back."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.adapters.sandbox import wire
from rft.adapters.sandbox.processes import ProcessSandbox
from tests.kit.code_answers import FORGERIES, TARGETS
from tests.kit.sandboxed import descendants, passed, printed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="code is sealed by the Linux kernel")


@pytest.mark.parametrize("attack", FORGERIES)
def test_an_attack_passes_no_test_and_does_not_affect_the_next(sandbox: ProcessSandbox, attack: str) -> None:
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
def test_the_kernel_refuses_a_forbidden_call(sandbox: ProcessSandbox, attack: str) -> None:
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


def test_no_file_is_left_open_and_no_layer_module_is_importable(sandbox: ProcessSandbox) -> None:
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
    before = descendants()
    passed(
        sandbox,
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\ndef f(): return 1",
        "assert f() == 1",
    )
    printed(sandbox, "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()", "x")
    assert descendants() == before


def test_a_fork_bomb_has_no_effect(sandbox: ProcessSandbox) -> None:
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
    before = descendants()
    assert not printed(sandbox, bomb, "x", seconds=1)
    assert descendants() == before
    assert passed(sandbox, "def f(): return 1", "assert f() == 1") == [True]


def _pids_are_limited() -> bool:
    limit = Path("/sys/fs/cgroup/pids.max")
    return limit.exists() and limit.read_text().strip().isdigit()


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
def test_plain_values_are_received_unchanged(value: Any) -> None:
    arrived = wire.decode(wire.encode(value, refuse), refuse)
    assert arrived == value
    assert repr(type(arrived)) == repr(type(value))


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner)))
def test_data_sent_by_the_answer_is_plain_or_refused(sent: Any) -> None:
    try:
        value = wire.decode(sent, refuse)
    except (wire.Broken, TypeError):
        return
    assert type(value).__module__ in {"builtins", "collections", "decimal", "fractions"}
