"""One process of one function: started, asked, watched and killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from emulator.functions.invocation import Invocation, InvokeResult, exit_result, timeout_result, unhandled_error
from emulator.functions.logs import FunctionLogs
from emulator.functions.output import OutputPipe
from emulator.functions.platform_lines import end_lines, start_lines
from emulator.functions.report import ResourceUsage, metrics, peak_megabytes, resource_usage
from emulator.functions.runtime_api import RuntimeApi
from emulator.functions.spec import FunctionSpec, WorkerSettings

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 60.0
"""AWS gives the init phase 10 seconds; a busy laptop gets more, so that load is not mistaken for a fault."""


class Worker:
    """A warm process that handles one invocation at a time, as an execution environment does."""

    def __init__(self, spec: FunctionSpec, setting: WorkerSettings, logs: FunctionLogs) -> None:
        self._spec = spec
        self._api = RuntimeApi()
        stream = log_stream_name(spec)
        self._output = OutputPipe(partial(logs.add, spec, stream))
        self._current: Invocation | None = None
        self._unreported_init: ResourceUsage | None = ResourceUsage(time.monotonic())
        environment = setting.environment(spec, self._api.address, stream)
        try:
            self._process = _start_process(spec.folder, environment, self._output.write_end)
        except OSError:
            self._api.close()
            self._output.close()
            raise
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, payload: bytes, invoked_arn: str) -> InvokeResult:
        """Run one invocation to its end; afterwards the worker may be dead (timeout, crash, failed init)."""
        usage = partial(resource_usage, self._process.pid)
        invocation = Invocation(payload, self._spec.timeout, invoked_arn, usage, self._log_start)
        self._current = invocation
        self._api.enqueue(invocation)
        if not self.alive:
            invocation.end(self._exit_result(invocation))
        if not invocation.started.wait(INIT_SECONDS):
            invocation.end(unhandled_error("Sandbox.Timedout", f"Init took more than {INIT_SECONDS:.0f} seconds"))
        if not invocation.ended.wait(self._spec.timeout):
            invocation.end(timeout_result(invocation))
        result = invocation.result
        if result is None:
            raise RuntimeError("an invocation ended without a result")
        self._report(invocation, result)
        if _status(result) == "timeout":
            self.kill()
        self._current = None
        return result

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and everything that served it."""
        self.kill()
        if self._process.stdin:
            self._process.stdin.close()
        self._api.close()
        self._watcher.join()
        self._output.close()

    def _log_start(self, request_id: str) -> None:
        for line in start_lines(self._spec, request_id):
            self._output.add(line)

    def _report(self, invocation: Invocation, result: InvokeResult) -> None:
        """As Lambda does; an invocation that no process came to take has nothing to tell."""
        if invocation.usage_at_start is None or invocation.usage_at_end is None:
            return
        init, self._unreported_init = self._unreported_init, None
        figures = metrics(
            init=invocation.usage_at_start.since(init) if init else None,
            duration=invocation.usage_at_end.since(invocation.usage_at_start),
            memory=self._spec.memory,
            peak=peak_megabytes(self._process.pid),
        )
        for line in end_lines(self._spec, invocation.request_id, _status(result), figures):
            self._output.add(line)
        self._output.drain()

    def _watch(self) -> None:
        """When the process is gone, end the invocation it was working on."""
        self._process.wait()
        if (invocation := self._current) is not None:
            invocation.end(self._exit_result(invocation))

    def _exit_result(self, invocation: Invocation) -> InvokeResult:
        return self._api.init_error or exit_result(invocation, self._process.wait())


def log_stream_name(spec: FunctionSpec) -> str:
    """In a group of its own a stream is named without the function, in another one with it."""
    function = "" if spec.log_group == f"/aws/lambda/{spec.name}" else spec.name
    return f"{datetime.now(UTC):%Y/%m/%d}/{function}[{spec.version}]{uuid.uuid4().hex}"


def _status(result: InvokeResult) -> str:
    if result.error is None:
        return "success"
    return "timeout" if b'"Sandbox.Timedout"' in result.payload else "error"


def _start_process(folder: Path, environment: dict[str, str], output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, str(BOOTSTRAP)],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,  # Ctrl-C on the terminal is for the emulator, which ends its workers itself
    )
