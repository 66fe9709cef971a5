"""Entry point of a worker process: runs AWS's runtime client and enforces Lambda's read-only file system.

It is started by path and imports only the runtime client, nothing of the emulator. Standard input is a pipe that the
emulator holds open: when the emulator exits for any reason, including SIGKILL, the pipe closes and this process exits.
"""

import errno
import os
import resource
import runpy
import sys
import threading
from collections.abc import Sequence
from typing import Any

from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.truncate": 1, "os.rename": 2, "os.link": 2, "os.symlink": 2,
}  # fmt: skip
"""Audit event that writes to the disk → number of its path arguments (Python documentation, "Audit events table")."""


def _exit_with_emulator() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def _only_tmp_is_writable(temporary: str) -> None:
    allowed = (os.path.realpath(temporary) + os.sep, "/dev/", "/proc/")

    def audit(event: str, arguments: Sequence[object]) -> None:
        if event == "open" and int(str(arguments[2] or 0)) & WRITES:
            check(arguments[0])
        elif event in CHANGES:
            for path in arguments[: CHANGES[event]]:
                check(path)

    def check(path: object) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # a file descriptor, not a path
        named = os.fsdecode(path)
        # the emulator shares bytecode caches between processes
        if "__pycache__" not in named and not (os.path.realpath(named) + os.sep).startswith(allowed):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), named)

    sys.addaudithook(audit)


def _limit_files(size: int) -> None:
    """Limit file sizes to `size` bytes, the size of /tmp."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _report_init_errors_with_the_token() -> None:
    """Add the token to the address for init errors: the client uses only host and port for them."""
    report = LambdaRuntimeClient.call_rapid

    def call_rapid(self: Any, method: str, endpoint: str, *rest: Any, **named: Any) -> None:
        address = self.lambda_runtime_address
        self.lambda_runtime_address, _, token = address.partition("/")
        try:
            report(self, method, f"/{token}{endpoint}", *rest, **named)
        finally:
            self.lambda_runtime_address = address

    LambdaRuntimeClient.call_rapid = call_rapid


threading.Thread(target=_exit_with_emulator, daemon=True).start()
_limit_files(int(os.environ.pop("_EMULATED_TMP_BYTES")))
_only_tmp_is_writable(os.environ["TMPDIR"])
_report_init_errors_with_the_token()
sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
sys.argv = ["awslambdaric", os.environ["_HANDLER"]]
runpy.run_module("awslambdaric", run_name="__main__")
