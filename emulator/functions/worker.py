"""One process of one function: started, asked, watched and killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

from emulator.functions.invocation import Invocation, InvokeResult, exit_result, timeout_result, unhandled_error
from emulator.functions.logs import FunctionLogs
from emulator.functions.report import ResourceUsage, peak_megabytes, report, resource_usage
from emulator.functions.runtime_api import RuntimeApi
from emulator.functions.spec import FunctionSpec, WorkerSettings

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 60.0
"""AWS gives the init phase 10 seconds; a busy laptop gets more, so that load is not mistaken for a fault."""


class Worker:
    """A warm process that handles one invocation at a time, as an execution environment does."""

    def __init__(self, spec: FunctionSpec, setting: WorkerSettings, logs: FunctionLogs) -> None:
        self._spec = spec
        self._logs = logs
        self._api = RuntimeApi()
        self._current: Invocation | None = None
        self._unreported_init: ResourceUsage | None = ResourceUsage(time.monotonic())
        try:
            self._process = _start_process(spec.folder, setting.environment(spec, self._api.address))
        except OSError:
            self._api.close()
            raise
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, payload: bytes, invoked_arn: str) -> InvokeResult:
        """Run one invocation to its end; afterwards the worker may be dead (timeout, crash, failed init)."""
        usage = partial(resource_usage, self._process.pid)
        invocation = self._current = Invocation(payload, self._spec.timeout, invoked_arn, usage)
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
        if result.error and b'"Sandbox.Timedout"' in result.payload:
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
        self._watcher.join(timeout=5)

    def _report(self, invocation: Invocation, result: InvokeResult) -> None:
        """As Lambda does; an invocation that no process came to take has nothing to tell."""
        if invocation.usage_at_start is None or invocation.usage_at_end is None:
            return
        init, self._unreported_init = self._unreported_init, None
        line = report(
            self._spec,
            request_id=invocation.request_id,
            error=result.error,
            init=invocation.usage_at_start.since(init) if init else None,
            duration=invocation.usage_at_end.since(invocation.usage_at_start),
            peak=peak_megabytes(self._process.pid),
        )
        self._logs.add(self._spec.name, line)

    def _watch(self) -> None:
        """Keep what the process prints; when it is gone, end the invocation it was working on."""
        stream = self._process.stdout
        if stream is None:
            raise RuntimeError("the process has no output pipe")
        with stream:
            for line in stream:
                self._logs.add(self._spec.name, line.decode(errors="replace").rstrip("\r\n"))
        self._process.wait()
        if (invocation := self._current) is not None:
            invocation.end(self._exit_result(invocation))

    def _exit_result(self, invocation: Invocation) -> InvokeResult:
        return self._api.init_error or exit_result(invocation, self._process.wait())


def _start_process(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, str(BOOTSTRAP)],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C on the terminal is for the emulator, which ends its workers itself
    )
