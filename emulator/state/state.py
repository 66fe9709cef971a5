"""What outlives the emulator, all together: nothing, or what was written into a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.credentials import Credentials

from emulator.bedrock.deployments import Deployment
from emulator.bedrock.jobs import CustomizationJob, Jobs
from emulator.bedrock.models import Models
from emulator.faults import Fault, Faults
from emulator.functions.code import CodeStore
from emulator.functions.spec import FunctionSpec
from emulator.http.operations import Operation
from emulator.moto import resource_names as moto_names
from emulator.moto.execution_store import POSITION, ExecutionStore
from emulator.moto.executions import ExecutionEnd
from emulator.moto.item_store import ItemStore
from emulator.moto.message_store import MessageStore
from emulator.moto.object_store import ObjectStore
from emulator.state.faults import PersistentFaults
from emulator.state.jobs import JobStore
from emulator.state.store import Record, StateUnusable, Store
from emulator.state.versions import load_versions, save_version

STACK, CREDENTIALS = "stack", "credentials"

CODE = "code"
"""Folder of deployed code, next to the database."""


def open_state(folder: Path | None, *, account: str, region: str, seed: int) -> State:
    """The state in a folder, or one that keeps nothing. Raises StateUnusable, OSError."""
    return PersistentState(Store(folder), account=account, region=region, seed=seed) if folder else State()


class State:
    """Stores nothing. The docstrings describe `PersistentState`."""

    def __init__(self) -> None:
        self.faults = Faults()

    @property
    def has_running_executions(self) -> bool:
        """Whether there are executions to resume."""
        return False

    def credentials(self, generated: Credentials) -> Credentials:
        """Stored credentials, so that other terminals stay valid; else new ones."""
        return generated

    @contextmanager
    def install(self, definition: Mapping[str, Any]) -> Iterator[None]:  # noqa: ARG002
        """Moto with names of before, and telling where executions stand.

        `definition` is what makes the stack what it is. Raises StateUnusable if the state is that of another one.
        """
        yield

    def redefine(self, definition: Mapping[str, Any]) -> None:
        """The stack was updated."""

    def on_call(self, operation: Operation, body: bytes) -> None:
        """A call has changed what moto holds; its caller does not know yet."""

    @property
    def code_folder(self) -> Path | None:
        """Where deployed code is stored; None where it ends with the emulator."""
        return None

    def save_version(self, spec: FunctionSpec) -> None:
        """A version of a function was published."""

    def versions(self, code: CodeStore) -> Iterable[FunctionSpec]:  # noqa: ARG002
        """The versions of before, each function's oldest first."""
        return ()

    def save_job(self, job: CustomizationJob) -> None:
        """A job is new or has changed."""

    def save_deployments(self, deployments: Sequence[Deployment], made: int) -> None:
        """There is a deployment more or less of those `made`."""

    def on_execution_end(self, execution: ExecutionEnd) -> None:
        """An execution has ended."""

    def restore(self, jobs: Jobs, models: Models, faults: Sequence[Fault]) -> None:  # noqa: ARG002
        """Restore everything on a stack that was just deployed; from here on, changes are stored."""
        for fault in faults:
            self.faults.add(fault)

    def resume(self, start: Callable[[CustomizationJob], None]) -> None:
        """Set going what was under way."""

    def freeze(self) -> None:
        """Keep nothing of what comes now: the emulator ends."""

    def close(self) -> None:
        """Let go of the folder."""


class PersistentState(State):
    """Keeps everything in a folder."""

    def __init__(self, store: Store, *, account: str, region: str, seed: int) -> None:
        super().__init__()
        self._store = store
        self._seed = seed
        self._recording = False
        self._names: dict[str, str] = {}
        self.faults: PersistentFaults = PersistentFaults(store)
        self._jobs = JobStore(store, seed=seed)
        self._active: list[CustomizationJob] = []
        self._objects = ObjectStore(store, account=account, region=region)
        self._items = ItemStore(store, account=account, region=region)
        self._messages = MessageStore(store, account=account, region=region)
        self._executions = ExecutionStore(store, account=account, region=region)

    @property
    def has_running_executions(self) -> bool:
        return any(self._store.all(POSITION))

    def credentials(self, generated: Credentials) -> Credentials:
        before = self._store.get(CREDENTIALS, "")
        if before is None:
            self._store.put(Record(CREDENTIALS, "", [generated.access_key, generated.secret_key]))
        return Credentials(*before) if before else generated

    @contextmanager
    def install(self, definition: Mapping[str, Any]) -> Iterator[None]:
        self._digest = _digest({**definition, "seed": self._seed})
        self._check()
        with ExitStack() as changes:
            for target, name, value in (*moto_names.replacements(self._names), *self._executions.replacements()):
                changes.enter_context(patch.object(target, name, value))
            yield

    def redefine(self, definition: Mapping[str, Any]) -> None:
        self._digest = _digest({**definition, "seed": self._seed})
        self._store.put(Record(STACK, "", {"digest": self._digest, "names": self._names}))

    def on_call(self, operation: Operation, body: bytes) -> None:
        if not self._recording:
            return
        match operation.service:
            case "s3":
                self._objects.on_call(operation)
            case "dynamodb":
                self._items.on_call(operation, body)
            case "sns":
                self._messages.on_call()

    @property
    def code_folder(self) -> Path | None:
        return self._store.folder / CODE

    def save_version(self, spec: FunctionSpec) -> None:
        save_version(self._store, spec)

    def versions(self, code: CodeStore) -> Iterable[FunctionSpec]:
        return load_versions(self._store, code)

    def save_job(self, job: CustomizationJob) -> None:
        self._jobs.save(job)

    def save_deployments(self, deployments: Sequence[Deployment], made: int) -> None:
        self._jobs.save_deployments(deployments, made)

    def on_execution_end(self, execution: ExecutionEnd) -> None:
        self._executions.on_end(execution)

    def restore(self, jobs: Jobs, models: Models, faults: Sequence[Fault]) -> None:
        self._store.put(Record(STACK, "", {"digest": self._digest, "names": self._names}))
        for part in (self._objects, self._items, self._messages, self._executions):
            part.restore()
        found = self._jobs.jobs()
        jobs.restore(found)
        models.restore(*self._jobs.deployments(found))
        self._active = [job for job in found if job.active]
        self.faults.activate(faults)
        self._recording = True

    def resume(self, start: Callable[[CustomizationJob], None]) -> None:
        for job in self._active:
            start(job)
        self._active.clear()
        self._executions.resume()

    def freeze(self) -> None:
        self._store.freeze()

    def close(self) -> None:
        self._store.close()

    def _check(self) -> None:
        before = self._store.get(STACK, "")
        if before and before["digest"] != self._digest:
            raise StateUnusable(
                f"the state in {self._store.folder} is that of another template, or of one with other parameters; "
                "start with those, delete the folder to start anew, or name another one"
            )
        self._names = dict(before["names"]) if before else {}


def _digest(definition: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(definition, sort_keys=True, default=str).encode()).hexdigest()
