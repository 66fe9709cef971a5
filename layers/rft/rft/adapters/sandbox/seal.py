"""Restricts this process before it runs untrusted code. Linux on x86_64 and arm64. Standard library only.

Resource limits restrict time, memory and files. A seccomp filter then permanently denies: new processes and programs,
sockets, signals to other processes and access to their memory, writes to the file system, and kernel objects that
outlive the process. Reading files is allowed for imports; secrets are in another process (`undumpable`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterator, Sequence

NOBODY = 65534
MAX_FILES, MAX_THREADS = 64, 256

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_SIGKILL = 9

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06  # BPF: ld abs, jeq, jset, jge, ret
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCH, _ARGS = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x10000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_BOTH = {"pidfd_send_signal": 424, "io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438, "fchmodat2": 452}
_REFUSED = {
    # Numbers from the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
    "x86_64": {
        "shmget": 29, "socket": 41, "connect": 42, "bind": 49, "listen": 50, "fork": 57, "vfork": 58, "execve": 59,
        "kill": 62, "semget": 64, "msgget": 68, "truncate": 76, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85,
        "link": 86, "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94,
        "ptrace": 101, "setpgid": 109, "setsid": 112, "rt_sigqueueinfo": 129, "utime": 132, "mknod": 133,
        "setpriority": 141, "sched_setparam": 142, "sched_setscheduler": 144, "prctl": 157, "chroot": 161,
        "mount": 165, "umount2": 166, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "tkill": 200,
        "sched_setaffinity": 203, "tgkill": 234, "utimes": 235, "mq_open": 240, "add_key": 248, "request_key": 249,
        "keyctl": 250, "ioprio_set": 251, "mkdirat": 258, "mknodat": 259, "fchownat": 260, "futimesat": 261,
        "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "unshare": 272,
        "utimensat": 280, "rt_tgsigqueueinfo": 297, "perf_event_open": 298, "prlimit64": 302, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "sched_setattr": 314, "renameat2": 316,
        "bpf": 321, "execveat": 322, "userfaultfd": 323, **_BOTH,
    },
    "aarch64": {
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "ioprio_set": 30, "mknodat": 33, "mkdirat": 34, "unlinkat": 35,
        "symlinkat": 36, "linkat": 37, "renameat": 38, "umount2": 39, "mount": 40, "truncate": 45, "chroot": 51,
        "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55, "utimensat": 88, "unshare": 97, "ptrace": 117,
        "sched_setparam": 118, "sched_setscheduler": 119, "sched_setaffinity": 122, "kill": 129, "tkill": 130,
        "tgkill": 131, "rt_sigqueueinfo": 138, "setpriority": 140, "setpgid": 154, "setsid": 157, "prctl": 167,
        "mq_open": 180, "msgget": 186, "semget": 190, "shmget": 194, "socket": 198, "bind": 200, "listen": 201,
        "connect": 203, "add_key": 217, "request_key": 218, "keyctl": 219, "execve": 221, "rt_tgsigqueueinfo": 240,
        "perf_event_open": 241, "prlimit64": 261, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271,
        "kcmp": 272, "sched_setattr": 274, "renameat2": 276, "bpf": 280, "execveat": 281, "userfaultfd": 282, **_BOTH,
    },
}  # fmt: skip
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*, linux/audit.h
_CLONE = {"x86_64": 56, "aarch64": 220}
_OPEN_FLAGS = {"x86_64": {2: 1, 257: 2}, "aarch64": {56: 2}}
"""open and openat → which argument has the flags."""
_FCNTL, _IOCTL = {"x86_64": 72, "aarch64": 25}, {"x86_64": 16, "aarch64": 29}
_SIGNALS_OWNER = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to a pipe's owner, which may be any process
_SETS_OWNER = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP: the same for sockets
_CLONE3, _OPENAT2 = 435, 437
"""A filter cannot read their arguments, which are passed by pointer; with ENOSYS, libc uses the older calls."""


class NotSealed(OSError):
    """The platform does not support the restrictions; no code is run."""


def undumpable() -> None:
    """Denies other processes of the user access to `/proc` (environment, memory, open files) and tracing.

    Raises NotSealed if the platform does not support it.
    """
    _prctl(_PR_SET_DUMPABLE, 0)


def end_with_parent() -> None:
    """Makes the kernel kill this process when its parent ends. Raises NotSealed."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def seal(*, seconds: float, megabytes: int) -> None:
    """Applies resource limits and the seccomp filter to this process, irreversibly. Raises NotSealed."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    undumpable()  # a change of user resets it
    for limit, value in (
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_AS, megabytes * 2**20),
        (resource.RLIMIT_NOFILE, MAX_FILES),
        (resource.RLIMIT_NPROC, MAX_THREADS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    program = b"".join(_filter(platform.machine()))
    memory = ctypes.create_string_buffer(program, len(program))
    address = ctypes.addressof(memory)
    head = ctypes.create_string_buffer(struct.pack("@HxxxxxxQ", len(program) // 8, address))  # struct sock_fprog
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(head))


def _filter(machine: str) -> Iterator[bytes]:
    """The BPF program: denies listed system calls, allows all others."""
    if machine not in _REFUSED:
        raise NotSealed(errno.ENOSYS, f"no seal for {machine}; code runs on x86_64 and arm64 Linux only")
    yield _op(_LOAD, _ARCH)
    yield _op(_EQUAL, _ARCHITECTURE[machine], true=1)
    yield _op(_RETURN, _KILL)
    yield _op(_LOAD, _NUMBER)
    yield _op(_AT_LEAST, 0x40000000, false=1)  # x32 system calls, which would bypass the list
    yield _op(_RETURN, _ERRNO | errno.EPERM)
    for number in sorted(_REFUSED[machine].values()):
        yield from _refuse(number, errno.EPERM)
    for number in (_CLONE3, _OPENAT2):
        yield from _refuse(number, errno.ENOSYS)
    yield from _refuse_by_flags(_CLONE[machine], 0, _CLONE_THREAD, if_set=False)
    for number, argument in _OPEN_FLAGS[machine].items():
        yield from _refuse_by_flags(number, argument, _WRITES, if_set=True)
    yield from _refuse_values(_FCNTL[machine], 1, _SIGNALS_OWNER)
    yield from _refuse_values(_IOCTL[machine], 1, _SETS_OWNER)
    yield _op(_RETURN, _ALLOW)


def _refuse(number: int, error: int) -> Iterator[bytes]:
    yield _op(_EQUAL, number, false=1)
    yield _op(_RETURN, _ERRNO | error)


def _refuse_by_flags(number: int, argument: int, flags: int, *, if_set: bool) -> Iterator[bytes]:
    yield _op(_EQUAL, number, false=4)
    yield _op(_LOAD, _ARGS + 8 * argument)  # the lower half: both architectures are little-endian
    yield _op(_ANY_BIT, flags, true=0 if if_set else 1, false=1 if if_set else 0)
    yield _op(_RETURN, _ERRNO | errno.EPERM)
    yield _op(_RETURN, _ALLOW)


def _refuse_values(number: int, argument: int, values: Sequence[int]) -> Iterator[bytes]:
    yield _op(_EQUAL, number, false=2 + 2 * len(values))
    yield _op(_LOAD, _ARGS + 8 * argument)
    for value in values:
        yield from _refuse(value, errno.EPERM)
    yield _op(_RETURN, _ALLOW)


def _op(code: int, value: int, *, true: int = 0, false: int = 0) -> bytes:
    """Packs a struct sock_filter; `true` and `false`: number of instructions to skip."""
    return struct.pack("=HBBI", code, true, false, value)


def _prctl(option: int, *arguments: int) -> None:
    if sys.platform != "linux":
        raise NotSealed(errno.ENOSYS, f"no seal for {sys.platform}; code runs on Linux only")
    words = [ctypes.c_ulong(word) for word in (*arguments, 0, 0, 0, 0)[:4]]
    if ctypes.CDLL(None, use_errno=True).prctl(ctypes.c_int(option), *words) != 0:
        code = ctypes.get_errno()
        raise NotSealed(code, f"prctl({option}): {os.strerror(code)}")
