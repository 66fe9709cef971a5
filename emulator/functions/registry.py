"""Lambda as its callers see it: functions by name or ARN, invoked synchronously or not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from emulator.clock import ScaledClock
from emulator.faults import Fault, Faults
from emulator.functions.invocation import Invocation, InvokeResult, exit_result, timeout_result, unhandled_error
from emulator.functions.logs import FunctionLogs
from emulator.functions.pool import FunctionPool
from emulator.functions.spec import FunctionSpec, WorkerSettings

Uploaded = Callable[[str], FunctionSpec | None]
"""A function that some client made by CreateFunction, by its name, as it is now; None where there is none."""

MAX_PAYLOAD = 6_291_556
"""Bytes of a synchronous payload, each way (AWS Lambda Developer Guide, quotas: 6 MB)."""

ASYNC_RETRY_WAITS = (60.0, 120.0)
"""Lambda tries a failed asynchronous invocation twice more, after one and after two more minutes."""

INVOCATION_FAULTS = frozenset({"crash", "timeout", "init_error", "out_of_memory", "cold_start"})

WIRE_FAULTS = frozenset({"error", "response_lost"})
"""They strike on the wire, and calls of AWS's own services, which do not go over it."""

SIGKILL = -9

DeadLetter = Callable[[FunctionSpec, bytes], None]
"""Takes a function with a dead-letter queue or topic, and the event that it could not handle."""


class UnknownFunction(KeyError):
    """No such function is deployed."""


class Functions:
    """All deployed functions."""

    def __init__(
        self,
        *,
        faults: Faults,
        clock: ScaledClock,
        workers: int,
        dead_letter: DeadLetter,
        uploaded: Uploaded = lambda _: None,
        settings: Callable[[], WorkerSettings] | None = None,
    ) -> None:
        self.logs = FunctionLogs()
        self._faults = faults
        self._clock = clock
        self._workers = workers
        self._dead_letter = dead_letter
        self._uploaded, self._settings = uploaded, settings
        self._adopted: set[str] = set()
        self._pools: dict[str, FunctionPool] = {}
        self._lock = threading.Lock()
        self._background = ThreadPoolExecutor(max_workers=16, thread_name_prefix="async-invoke")

    def add(self, spec: FunctionSpec, setting: WorkerSettings) -> None:
        """Deploy a function, replacing one of the same name; its code is no longer what a client uploaded."""
        self._adopted.discard(spec.name)
        self._replace(spec, setting)

    def _replace(self, spec: FunctionSpec, setting: WorkerSettings) -> None:
        with self._lock:
            before = self._pools.pop(spec.name, None)
            self._pools[spec.name] = FunctionPool(spec, setting, self.logs, self._workers)
        if before:
            before.close()

    def find(self, name_or_arn: str) -> FunctionSpec:
        """A function by name, logical id, ARN or qualified ARN. Raises UnknownFunction."""
        return self._pool(name_or_arn).spec

    def all(self) -> list[FunctionSpec]:
        with self._lock:
            return [pool.spec for pool in self._pools.values()]

    def invoke(self, name_or_arn: str, payload: bytes) -> InvokeResult:
        """Run a function and wait for its reply. Raises UnknownFunction."""
        pool = self._pool(name_or_arn)
        names = (pool.spec.name, pool.spec.logical_id, pool.spec.arn)
        fault = self._faults.take("lambda", "Invoke", *names, only=INVOCATION_FAULTS, body=payload)
        result = self._inject_fault(fault, pool, payload) if fault else pool.invoke(payload)
        return result if len(result.payload) <= MAX_PAYLOAD else _too_large(len(result.payload))

    def invoke_for_service(self, name_or_arn: str, payload: bytes) -> InvokeResult:
        """Run a function for a service of AWS's own: a call that is refused is a result, too."""
        spec = self.find(name_or_arn)
        names = (spec.name, spec.logical_id, spec.arn)
        fault = self._faults.take("lambda", "Invoke", *names, only=WIRE_FAULTS, body=payload)
        if fault is None:
            return self.invoke(name_or_arn, payload)
        if fault.effect == "response_lost":
            self.invoke(name_or_arn, payload)
        return unhandled_error(fault.code, fault.message)

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        """Run a function in the background, with Lambda's two retries and its dead-letter queue."""
        pool = self._pool(name_or_arn)
        self._background.submit(self._run_async, pool.spec, payload)

    def read_logs(self, name_or_arn: str) -> list[str]:
        """What the function printed, line by line. Raises UnknownFunction."""
        return self.logs.read(self.find(name_or_arn).name)

    def close(self) -> None:
        """End all processes and background work."""
        with self._lock:
            pools = list(self._pools.values())
        self._background.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.close()
        self._background.shutdown(wait=True)

    def _pool(self, name_or_arn: str) -> FunctionPool:
        parts = name_or_arn.split(":")
        name = parts[6] if name_or_arn.startswith("arn:") and len(parts) > 6 else parts[0]
        self._adopt(name)
        with self._lock:
            if name in self._pools:
                return self._pools[name]
            found = next((pool for pool in self._pools.values() if pool.spec.logical_id == name), None)
        if found is None:
            raise UnknownFunction(name_or_arn)
        return found

    def _adopt(self, name: str) -> None:
        """Bring a function that clients made, changed or deleted up to date; the stack's own are deployed once."""
        with self._lock:
            known = self._pools.get(name)
            own = any(name in {pool.spec.name, pool.spec.logical_id} for pool in self._pools.values())
        if self._settings is None or (own and name not in self._adopted):
            return
        spec = self._uploaded(name)
        if spec is not None and (known is None or known.spec != spec):
            self._adopted.add(name)
            self._replace(spec, self._settings())
        elif spec is None and known is not None:
            with self._lock:
                self._pools.pop(name, None)
            known.close()

    def _run_async(self, spec: FunctionSpec, payload: bytes) -> None:
        for wait in (*ASYNC_RETRY_WAITS[: spec.async_retries], None):
            if self._clock.closing or self.invoke(spec.name, payload).error is None:
                return
            if wait is not None:
                self._clock.sleep(wait)
        if spec.dead_letter_arn and not self._clock.closing:
            self._dead_letter(spec, payload)

    def _inject_fault(self, fault: Fault, pool: FunctionPool, payload: bytes) -> InvokeResult:
        invocation = Invocation(b"", pool.spec.timeout)
        match fault.effect:
            case "cold_start":
                self._clock.pause(fault.seconds)
                return pool.invoke(payload, new_process=True)
            case "timeout":
                self._clock.pause(min(fault.seconds, pool.spec.timeout))
                return timeout_result(invocation)
            case "init_error":
                return unhandled_error("Runtime.ImportModuleError", f"Unable to import module 'app': {fault.message}")
            case "out_of_memory":
                return exit_result(invocation, SIGKILL)
            case _:
                return exit_result(invocation, 1)


def _too_large(size: int) -> InvokeResult:
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes)."
    return unhandled_error("Function.ResponseSizeTooLarge", message)
