"""What a worker process runs: AWS's runtime client, a watch on the emulator's life, and Lambda's disk.

Started by path: it imports nothing of the emulator, and no package but the runtime client. Standard input is a pipe
that the emulator holds open: when it closes, for whatever reason, SIGKILL included, this process goes too.
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
"""Audit events that change the disk (Python documentation, "Audit events table"), with how many paths they name."""


def _exit_with_emulator() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def _only_tmp_is_writable(temporary: str) -> None:
    """All but /tmp is read-only. Compiled modules are the exception: the emulator's own, made once for all."""
    allowed = (os.path.realpath(temporary) + os.sep, "/dev/", "/proc/")

    def audit(event: str, arguments: Sequence[object]) -> None:
        if event == "open" and int(str(arguments[2] or 0)) & WRITES:
            check(arguments[0])
        elif event in CHANGES:
            for path in arguments[: CHANGES[event]]:
                check(path)

    def check(path: object) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # an open file
        named = os.fsdecode(path)
        if "__pycache__" not in named and not (os.path.realpath(named) + os.sep).startswith(allowed):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), named)

    sys.addaudithook(audit)


def _limit_files(size: int) -> None:
    """No file in /tmp is larger than /tmp."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _report_init_errors_with_the_token() -> None:
    """The client reports errors of init to host and port alone, and the address here goes on with a token."""
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
