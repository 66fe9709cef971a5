"""Worker processes of one function: started on demand, reused while warm, limited in number."""

from __future__ import annotations

import threading

from emulator.functions.invocation import InvokeResult
from emulator.functions.logs import FunctionLogs
from emulator.functions.spec import FunctionSpec, WorkerSettings
from emulator.functions.worker import Worker


class EmulatorClosed(Exception):
    """The emulator was closed before the invocation could run."""


class FunctionPool:
    """Runs invocations of one function, max `size` concurrently; the rest are queued."""

    def __init__(self, spec: FunctionSpec, setting: WorkerSettings, logs: FunctionLogs, size: int) -> None:
        self.spec = spec
        self._setting = setting
        self._logs = logs
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._closed = self._retired = False

    def invoke(self, payload: bytes, *, invoked_arn: str, new_process: bool = False) -> InvokeResult:
        """Invoke in a warm process or a new one; `new_process` forces a cold start."""
        with self._slots:
            worker = self._acquire(new_process=new_process)
            try:
                return worker.invoke(payload, invoked_arn)
            finally:
                self._release(worker)

    def crash(self) -> None:
        """Kill every process of the function, busy or idle."""
        with self._lock:
            workers = [*self._busy, *self._idle]
        for worker in workers:
            worker.kill()

    def retire(self) -> None:
        """Stop each process when it becomes idle, because the function's code or configuration has changed."""
        with self._lock:
            self._retired = True
            workers, self._idle = self._idle, []
        for worker in workers:
            worker.close()

    def close(self) -> None:
        """Kill all processes; running invocations fail."""
        with self._lock:
            self._closed = True
            workers, self._idle = [*self._busy, *self._idle], []
        for worker in workers:
            worker.close()

    def _acquire(self, *, new_process: bool) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive and not new_process:
                    break
                worker.close()
            else:
                if self._closed:
                    raise EmulatorClosed
                worker = Worker(self.spec, self._setting, self._logs)
            self._busy.add(worker)
            return worker

    def _release(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            reusable = worker.alive and not self._closed and not self._retired
            if reusable:
                self._idle.append(worker)
            closed_elsewhere = self._closed
        if not reusable and not closed_elsewhere:
            worker.close()
