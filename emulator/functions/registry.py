"""Lambda's functions by name or ARN, with synchronous and asynchronous invocation."""

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
"""Maximum bytes of a synchronous request or response payload (AWS Lambda Developer Guide, quotas: 6 MB)."""

MAX_ASYNC_PAYLOAD = 1_048_576
"""Maximum bytes of an asynchronous payload (same source: 1 MB)."""

ASYNC_RETRY_WAITS = (60.0, 120.0)
"""Seconds before the two retries of a failed asynchronous invocation: one minute, then two."""

INVOCATION_FAULTS = frozenset({"crash", "timeout", "init_error", "out_of_memory", "cold_start"})

WIRE_FAULTS = frozenset({"error", "response_lost", "delay"})
"""Faults that the AWS port injects into requests; applied here to invocations by AWS services, which bypass it."""

SIGKILL = -9

ARN_NAME = 6
"""Index of the function's name in the parts of its ARN."""

SaveVersion = Callable[[FunctionSpec], None]

OnInvocation = Callable[[FunctionSpec, InvokeResult | None, float], None]
"""Called with a function, its result (None if throttled) and the duration in seconds."""

DeadLetter = Callable[[FunctionSpec, bytes], None]
"""Called with a function that has a dead-letter target, and the event that it failed to process."""


class UnknownFunction(KeyError):
    """The function is not deployed, or has no such version or alias."""


class Functions:
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
        """`save_version` is called with each published version before it is visible, `log_sink` with each log line."""
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
        """Deploy a function. Existing versions are kept; running invocations finish with the old code."""
        with self._lock:
            before = self._pools.pop((spec.name, LATEST), None)
            if spec.name in self._functions:
                self._functions[spec.name].latest = spec
            else:
                self._functions[spec.name] = FunctionVersions(spec)
        if before:
            before.retire()

    def deploy(self, spec: FunctionSpec) -> None:
        """Deploy a function if it has changed; if not, its processes stay warm."""
        with self._lock:
            known = self._functions.get(spec.name)
        if (
            known is None
            or replace(known.latest, configuration=spec.configuration) != spec
            or (known.latest.content != spec.content)
        ):
            self.add(spec)

    def restore(self, published: Iterable[FunctionSpec]) -> None:
        """Restore persisted versions, oldest first; call before their functions are deployed."""
        by_name: dict[str, list[FunctionSpec]] = {}
        for spec in published:
            by_name.setdefault(spec.name, []).append(spec)
        with self._lock:
            for name, specs in by_name.items():
                self._functions[name] = FunctionVersions(specs[-1], specs)

    def remove(self, name: str) -> None:
        """Remove a function with all of its versions."""
        with self._lock:
            self._functions.pop(name, None)
            pools = [self._pools.pop(key) for key in list(self._pools) if key[0] == name]
        for pool in pools:
            pool.retire()

    def publish(self, name: str, description: str = "") -> FunctionSpec:
        """Publish $LATEST; returns the last version if nothing has changed since. Raises UnknownFunction."""
        made, is_new = self.versions(name).publish(description)
        if is_new:
            self._save_version(made)
        return made

    def versions(self, name_or_arn: str) -> FunctionVersions:
        """Return the versions and aliases of a function by name, logical id or ARN. Raises UnknownFunction."""
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
        """Return a version by name, logical id or ARN, optionally qualified. Raises UnknownFunction."""
        try:
            return self.versions(name_or_arn).find(qualifier or split_name(name_or_arn)[1])
        except UnknownVersion as error:
            raise UnknownFunction(name_or_arn) from error

    def all(self) -> list[FunctionSpec]:
        """Return $LATEST of all functions."""
        with self._lock:
            return [each.latest for each in self._functions.values()]

    def invoke(self, name_or_arn: str, payload: bytes, qualifier: str = "") -> InvokeResult:
        """Invoke a function synchronously. Raises UnknownFunction, TooManyInvocations."""
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
        """Invoke a function for an AWS service; a rejected call is returned as an error result."""
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
        """Invoke a function asynchronously, with Lambda's retries and its dead-letter target."""
        self.find(name_or_arn, qualifier)
        self._background.submit(self._run_async, name_or_arn, payload, qualifier)

    def read_logs(self, name_or_arn: str) -> list[str]:
        """Return the function's log lines. Raises UnknownFunction."""
        return self.logs.read(self.find(name_or_arn).name)

    def close(self) -> None:
        with self._lock:
            pools = list(self._pools.values())
        self._background.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.close()
        self._background.shutdown(wait=True)

    def _pool(self, spec: FunctionSpec) -> FunctionPool:
        key = (spec.name, spec.version)
        with self._lock:
            if spec.version == LATEST:  # it may have been redeployed meanwhile
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
        """Retry a throttled event; returns None after six hours, when Lambda discards it."""
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
    """Split `name`, `name:qualifier`, a function ARN or a qualified ARN into name and qualifier ('' for none)."""
    parts = name_or_arn.split(":")
    if name_or_arn.startswith("arn:") and len(parts) > ARN_NAME:
        parts = parts[ARN_NAME:]
    return parts[0], parts[1] if len(parts) > 1 else ""


def _names(spec: FunctionSpec) -> tuple[str, str, str]:
    """Return the subjects that faults are matched against."""
    return spec.name, spec.logical_id, spec.arn


def _invoked_arn(spec: FunctionSpec, name_or_arn: str, qualifier: str) -> str:
    """Return the ARN for `context.invoked_function_arn`."""
    used = qualifier or split_name(name_or_arn)[1]
    return f"{spec.arn}:{used}" if used else spec.arn


def _too_large(size: int) -> InvokeResult:
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes)."
    return unhandled_error("Function.ResponseSizeTooLarge", message)
