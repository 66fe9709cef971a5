"""Lambda as its callers see it: functions by name or ARN, invoked synchronously or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from emulator.clock import ScaledClock
from emulator.faults import Fault, Faults
from emulator.functions.concurrency import THROTTLED, ReservedConcurrency, TooManyInvocations, throttled_pauses
from emulator.functions.invocation import Invocation, InvokeResult, exit_result, timeout_result, unhandled_error
from emulator.functions.logs import FunctionLogs, LogSink
from emulator.functions.pool import FunctionPool
from emulator.functions.spec import LATEST, FunctionSpec, WorkerSettings
from emulator.functions.versions import FunctionVersions, UnknownVersion

MAX_PAYLOAD = 6_291_556
"""Bytes of a synchronous payload, each way (AWS Lambda Developer Guide, quotas: 6 MB)."""

ASYNC_RETRY_WAITS = (60.0, 120.0)
"""Lambda tries a failed asynchronous invocation twice more, after one and after two more minutes."""

INVOCATION_FAULTS = frozenset({"crash", "timeout", "init_error", "out_of_memory", "cold_start"})

WIRE_FAULTS = frozenset({"error", "response_lost", "delay"})
"""They strike on the wire, and calls of AWS's own services, which do not go over it."""

SIGKILL = -9

ARN_NAME = 6
"""Place of a function's name among the parts of its ARN."""

SaveVersion = Callable[[FunctionSpec], None]

OnInvocation = Callable[[FunctionSpec, InvokeResult | None, float], None]
"""Takes a function, its reply, None where the call was throttled, and the seconds that it took."""

DeadLetter = Callable[[FunctionSpec, bytes], None]
"""Takes a function with a dead-letter queue or topic, and the event that it could not handle."""


class UnknownFunction(KeyError):
    """No such function is deployed, or it has no such version or alias."""


class Functions:
    """All deployed functions, with their versions and aliases."""

    def __init__(
        self,
        *,
        faults: Faults,
        clock: ScaledClock,
        settings: WorkerSettings,
        workers: int,
        dead_letter: DeadLetter,
        log_sink: LogSink = lambda *_: None,
        save_version: SaveVersion = lambda _: None,
        on_invocation: OnInvocation = lambda *_: None,
    ) -> None:
        """`save_version` gets each published version before it is visible, `log_sink` each line of a log."""
        self.logs = FunctionLogs(log_sink)
        self._faults = faults
        self._clock = clock
        self._settings = settings
        self._workers = workers
        self._dead_letter = dead_letter
        self._save_version = save_version
        self._on_invocation = on_invocation
        self._functions: dict[str, FunctionVersions] = {}
        self._reserved = ReservedConcurrency()
        self._pools: dict[tuple[str, str], FunctionPool] = {}
        self._lock = threading.Lock()
        self._background = ThreadPoolExecutor(max_workers=16, thread_name_prefix="async-invoke")

    def add(self, spec: FunctionSpec) -> None:
        """Deploy a function. One of the same name keeps its versions; what it does at the moment is done as before."""
        with self._lock:
            before = self._pools.pop((spec.name, LATEST), None)
            if spec.name in self._functions:
                self._functions[spec.name].latest = spec
            else:
                self._functions[spec.name] = FunctionVersions(spec)
        if before:
            before.retire()

    def deploy(self, spec: FunctionSpec) -> None:
        """As `add`, unless the function is there as it is: then its processes stay warm."""
        with self._lock:
            known = self._functions.get(spec.name)
        if (
            known is None
            or replace(known.latest, configuration=spec.configuration) != spec
            or (known.latest.content != spec.content)
        ):
            self.add(spec)

    def restore(self, published: Iterable[FunctionSpec]) -> None:
        """Restore versions of the last process, oldest first, before their functions are deployed."""
        by_name: dict[str, list[FunctionSpec]] = {}
        for spec in published:
            by_name.setdefault(spec.name, []).append(spec)
        with self._lock:
            for name, specs in by_name.items():
                self._functions[name] = FunctionVersions(specs[-1], specs)

    def remove(self, name: str) -> None:
        """Forget a function with all of its versions."""
        with self._lock:
            self._functions.pop(name, None)
            pools = [self._pools.pop(key) for key in list(self._pools) if key[0] == name]
        for pool in pools:
            pool.retire()

    def publish(self, name: str, description: str = "") -> FunctionSpec:
        """A version of $LATEST; the last one if nothing has changed since. Raises UnknownFunction."""
        made, is_new = self.versions(name).publish(description)
        if is_new:
            self._save_version(made)
        return made

    def versions(self, name_or_arn: str) -> FunctionVersions:
        """Versions and aliases of a function by name, logical id or ARN. Raises UnknownFunction."""
        name, _ = split_name(name_or_arn)
        with self._lock:
            if name in self._functions:
                return self._functions[name]
            every = list(self._functions.values())
        found = next((each for each in every if each.latest.logical_id == name), None)
        if found is None:
            raise UnknownFunction(name_or_arn)
        return found

    def find(self, name_or_arn: str, qualifier: str = "") -> FunctionSpec:
        """A version by name, logical id or ARN, which may end in a version or alias. Raises UnknownFunction."""
        try:
            return self.versions(name_or_arn).find(qualifier or split_name(name_or_arn)[1])
        except UnknownVersion as error:
            raise UnknownFunction(name_or_arn) from error

    def all(self) -> list[FunctionSpec]:
        """$LATEST of each."""
        with self._lock:
            return [each.latest for each in self._functions.values()]

    def invoke(self, name_or_arn: str, payload: bytes, qualifier: str = "") -> InvokeResult:
        """Run a function and wait for its reply. Raises UnknownFunction, TooManyInvocations."""
        spec = self.find(name_or_arn, qualifier)
        fault = self._faults.take("lambda", "Invoke", *_names(spec), only=INVOCATION_FAULTS, body=payload)
        pool = self._pool(spec)
        call = partial(pool.invoke, payload, invoked_arn=_invoked_arn(spec, name_or_arn, qualifier))
        started = time.monotonic()
        try:
            with self._reserved.slot(spec):
                result = self._inject_fault(fault, spec, call) if fault else call()
        except TooManyInvocations:
            self._on_invocation(spec, None, 0.0)
            raise
        self._on_invocation(spec, result, time.monotonic() - started)
        return result if len(result.payload) <= MAX_PAYLOAD else _too_large(len(result.payload))

    def invoke_for_service(self, name_or_arn: str, payload: bytes) -> InvokeResult:
        """Run a function for a service of AWS's own: a call that is refused is a result, too."""
        spec = self.find(name_or_arn)
        fault = self._faults.take("lambda", "Invoke", *_names(spec), only=WIRE_FAULTS, body=payload)
        if fault is not None and fault.effect == "delay":
            self._faults.delay(fault, lambda: self._clock.closing)
            fault = None
        if fault is None:
            return self._invoked_or_refused(name_or_arn, payload)
        if fault.effect == "response_lost":
            self.invoke(name_or_arn, payload)
        return unhandled_error(fault.code, fault.message)

    def invoke_async(self, name_or_arn: str, payload: bytes, qualifier: str = "") -> None:
        """Run a function in the background, with Lambda's two retries and its dead-letter queue."""
        self.find(name_or_arn, qualifier)
        self._background.submit(self._run_async, name_or_arn, payload, qualifier)

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

    def _pool(self, spec: FunctionSpec) -> FunctionPool:
        key = (spec.name, spec.version)
        with self._lock:
            if spec.version == LATEST:  # it may have been deployed anew meanwhile
                spec = self._functions[spec.name].latest
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = FunctionPool(spec, self._settings, self.logs, self._workers)
            return pool

    def _invoked_or_refused(self, name_or_arn: str, payload: bytes) -> InvokeResult:
        try:
            return self.invoke(name_or_arn, payload)
        except TooManyInvocations as error:
            return unhandled_error(THROTTLED, str(error))

    def _invoke_once_admitted(self, name_or_arn: str, payload: bytes, qualifier: str) -> InvokeResult | None:
        """Lambda keeps an event that is throttled for six hours; None once they are over."""
        for pause in throttled_pauses():
            try:
                return self.invoke(name_or_arn, payload, qualifier)
            except TooManyInvocations:
                self._clock.sleep(pause)
            if self._clock.closing:
                break
        return None

    def _run_async(self, name_or_arn: str, payload: bytes, qualifier: str) -> None:
        spec = self.find(name_or_arn, qualifier)
        for wait in (*ASYNC_RETRY_WAITS[: spec.async_retries], None):
            result = self._invoke_once_admitted(name_or_arn, payload, qualifier)
            if self._clock.closing or (result is not None and result.error is None):
                return
            if result is None:
                break
            if wait is not None:
                self._clock.sleep(wait)
        if spec.dead_letter_arn and not self._clock.closing:
            self._dead_letter(spec, payload)

    def _inject_fault(self, fault: Fault, spec: FunctionSpec, call: Callable[..., InvokeResult]) -> InvokeResult:
        invocation = Invocation(b"", spec.timeout)
        match fault.effect:
            case "cold_start":
                self._clock.pause(fault.seconds)
                return call(new_process=True)
            case "timeout":
                self._clock.pause(min(fault.seconds, spec.timeout))
                return timeout_result(invocation)
            case "init_error":
                return unhandled_error("Runtime.ImportModuleError", f"Unable to import module 'app': {fault.message}")
            case "out_of_memory":
                return exit_result(invocation, SIGKILL)
            case _:
                return exit_result(invocation, 1)


def split_name(name_or_arn: str) -> tuple[str, str]:
    """Name and qualifier ('' for none) of `name`, `name:qualifier`, a function's ARN or a qualified ARN."""
    parts = name_or_arn.split(":")
    if name_or_arn.startswith("arn:") and len(parts) > ARN_NAME:
        parts = parts[ARN_NAME:]
    return parts[0], parts[1] if len(parts) > 1 else ""


def _names(spec: FunctionSpec) -> tuple[str, str, str]:
    """By which faults name a function."""
    return spec.name, spec.logical_id, spec.arn


def _invoked_arn(spec: FunctionSpec, name_or_arn: str, qualifier: str) -> str:
    """The ARN as `context.invoked_function_arn` has it."""
    used = qualifier or split_name(name_or_arn)[1]
    return f"{spec.arn}:{used}" if used else spec.arn


def _too_large(size: int) -> InvokeResult:
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes)."
    return unhandled_error("Function.ResponseSizeTooLarge", message)
