"""One process of one function: start, invoke, monitor, kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.functions.invocation import Invocation, InvokeResult, exit_result, timeout_result
from emulator.functions.logs import FunctionLogs
from emulator.functions.output import OutputPipe
from emulator.functions.platform_lines import end_lines, init_timeout_lines, start_lines
from emulator.functions.report import ResourceUsage, metrics, peak_megabytes, resource_usage
from emulator.functions.runtime_api import RuntimeApi
from emulator.functions.spec import FunctionSpec, WorkerSettings

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 10.0
"""Init timeout; init is then restarted within the invocation (Lambda Developer Guide, "Execution environment
lifecycle")."""
POLL_SECONDS = 0.25


class Worker:
    """A process that handles one invocation at a time, like an execution environment."""

    def __init__(self, spec: FunctionSpec, setting: WorkerSettings, logs: FunctionLogs) -> None:
        """Start the process. Raises OSError if it cannot be started."""
        self._spec = spec
        self._current: Invocation | None = None
        stream = log_stream_name(spec)
        with ExitStack() as cleanup:
            self._api = RuntimeApi()
            cleanup.callback(self._api.close)
            self._output = OutputPipe(partial(logs.add, spec, stream))
            cleanup.callback(self._output.close)
            temporary = cleanup.enter_context(TemporaryDirectory(prefix="lambda-tmp-", ignore_cleanup_errors=True))
            self._environment = setting.environment(spec, self._api.address, stream) | {
                "TMPDIR": temporary,
                "_EMULATED_TMP_BYTES": str(spec.temporary_bytes),
            }
            self._boot()
            self._cleanup = cleanup.pop_all()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, payload: bytes, invoked_arn: str) -> InvokeResult:
        """Run one invocation; the worker may be dead afterwards (timeout, crash, failed init)."""
        invocation = Invocation(payload, self._spec.timeout, invoked_arn, self._usage, self._log_start)
        self._current = invocation
        self._api.enqueue(invocation)
        if not self.alive:
            invocation.end(self._exit_result(invocation))
        if not self._is_initialised(invocation):
            self._restart_init(invocation)
        if not self._ends_in_time(invocation):
            invocation.end(timeout_result(invocation))
        peak = peak_megabytes(self._process.pid)
        result = self._limited(invocation, peak)
        self._report(invocation, result, peak)
        if result is not invocation.result or _status(result) == "timeout":
            self.kill()
        self._current = None
        return result

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        _close_input(self._process)
        self._watcher.join()
        self._cleanup.close()

    def _boot(self) -> None:
        self._began: ResourceUsage = ResourceUsage(time.monotonic())
        self._unreported_init: ResourceUsage | None = self._began
        self._process = _start_process(self._spec.folder, self._environment, self._output.write_end)
        self._watcher = threading.Thread(target=self._watch, args=(self._process,), daemon=True)
        self._watcher.start()

    def _is_initialised(self, invocation: Invocation) -> bool:
        while not invocation.started.wait(POLL_SECONDS):
            spent = self._usage().since(self._began)
            # init time does not include waiting for a CPU
            if spent.at - spent.delayed >= INIT_SECONDS:
                return False
        return True

    def _ends_in_time(self, invocation: Invocation) -> bool:
        """Return False after the function's timeout, not counting time in which the process waited for a CPU.

        Delayed wake-ups of this thread do not count either, because the emulator's responses are then delayed too.
        """
        remaining, last = self._spec.timeout, self._usage()
        while remaining > 0:
            step = min(POLL_SECONDS, remaining)
            if invocation.ended.wait(step):
                return True
            now = self._usage()
            spent, last = now.since(last), now
            remaining -= min(spent.at - spent.delayed, step)
        return invocation.ended.is_set()

    def _restart_init(self, invocation: Invocation) -> None:
        late, self._current = self._process, None
        # otherwise it could still fetch the invocation
        late.kill()
        late.wait()
        self._watcher.join()
        _close_input(late)
        if invocation.started.is_set() and not invocation.ended.is_set():
            self._api.enqueue(invocation)
        for line in init_timeout_lines(self._spec, INIT_SECONDS):
            self._output.add(line)
        self._current = invocation
        self._boot()
        self._unreported_init = None
        # the timeout starts now
        invocation.start()

    def _limited(self, invocation: Invocation, peak: int | None) -> InvokeResult:
        result = invocation.result
        if result is None:
            raise RuntimeError("an invocation ended without a result")
        if result.error is None and peak is not None and peak > self._spec.memory:
            # Lambda would have killed the process
            return exit_result(invocation, -signal.SIGKILL)
        return result

    def _usage(self) -> ResourceUsage:
        return resource_usage(self._process.pid)

    def _log_start(self, request_id: str) -> None:
        for line in start_lines(self._spec, request_id):
            self._output.add(line)

    def _report(self, invocation: Invocation, result: InvokeResult, peak: int | None) -> None:
        """Write the REPORT lines; an invocation that no process fetched has none."""
        if invocation.usage_at_start is None or invocation.usage_at_end is None:
            return
        init, self._unreported_init = self._unreported_init, None
        figures = metrics(
            init=invocation.usage_at_start.since(init) if init else None,
            duration=invocation.usage_at_end.since(invocation.usage_at_start),
            memory=self._spec.memory,
            peak=peak,
        )
        for line in end_lines(self._spec, invocation.request_id, _status(result), figures):
            self._output.add(line)
        self._output.drain()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the process to exit, then fail its current invocation."""
        process.wait()
        if process is self._process and (invocation := self._current) is not None:
            invocation.end(self._exit_result(invocation))

    def _exit_result(self, invocation: Invocation) -> InvokeResult:
        return self._api.init_error or exit_result(invocation, self._process.wait())


def log_stream_name(spec: FunctionSpec) -> str:
    """Return the name of a new log stream; it contains the function's name if the log group is a custom one."""
    function = "" if spec.log_group == f"/aws/lambda/{spec.name}" else spec.name
    return f"{datetime.now(UTC):%Y/%m/%d}/{function}[{spec.version}]{uuid.uuid4().hex}"


def _status(result: InvokeResult) -> str:
    if result.error is None:
        return "success"
    return "timeout" if result.error_type == "Sandbox.Timedout" else "error"


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()


def _start_process(folder: Path, environment: dict[str, str], output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, str(BOOTSTRAP)],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,  # Ctrl-C must reach only the emulator, which stops its workers itself
    )
