"""The emulator's state: discarded on exit, or persisted in a folder."""

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
"""Subfolder of deployed code, next to the database."""


def open_state(folder: Path | None, *, account: str, region: str, seed: int) -> State:
    """Open the state in a folder, or a state that is not persisted. Raises StateUnusable, OSError."""
    return PersistentState(Store(folder), account=account, region=region, seed=seed) if folder else State()


class State:
    """State that is not persisted; the docstrings describe `PersistentState`."""

    def __init__(self) -> None:
        self.faults = Faults()

    @property
    def has_running_executions(self) -> bool:
        """Whether there are executions to resume."""
        return False

    def credentials(self, generated: Credentials) -> Credentials:
        """Return the persisted credentials, so that other terminals can still use them; else persist `generated`."""
        return generated

    @contextmanager
    def install(self, definition: Mapping[str, Any]) -> Iterator[None]:  # noqa: ARG002
        """Patch moto to reuse persisted resource names and to persist executions.

        `definition` identifies the stack. Raises StateUnusable if the state belongs to another one.
        """
        yield

    def redefine(self, definition: Mapping[str, Any]) -> None:
        """Persist the definition of the updated stack."""

    def on_call(self, operation: Operation, body: bytes) -> None:
        """Persist what a call has changed in moto; called before the response is sent."""

    @property
    def code_folder(self) -> Path | None:
        """Folder of deployed code; None if it is not persisted."""
        return None

    def save_version(self, spec: FunctionSpec) -> None:
        """Persist a published version of a function."""

    def versions(self, code: CodeStore) -> Iterable[FunctionSpec]:  # noqa: ARG002
        """Return the persisted versions, oldest first for each function."""
        return ()

    def save_job(self, job: CustomizationJob) -> None:
        """Persist a new or changed job."""

    def save_deployments(self, deployments: Sequence[Deployment], made: int) -> None:
        """Persist all deployments; `made` is the number ever created."""

    def on_execution_end(self, execution: ExecutionEnd) -> None:
        """Persist the end of an execution."""

    def restore(self, jobs: Jobs, models: Models, faults: Sequence[Fault]) -> None:  # noqa: ARG002
        """Restore everything to the newly deployed stack; later changes are persisted."""
        for fault in faults:
            self.faults.add(fault)

    def resume(self, start: Callable[[CustomizationJob], None]) -> None:
        """Resume jobs and executions that were running; `start` starts a job."""

    def freeze(self) -> None:
        """Persist nothing from now on, because the emulator is closing."""

    def close(self) -> None:
        """Release the folder's lock."""


class PersistentState(State):
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
                f"the state in {self._store.folder} belongs to another template or to other parameters; "
                "use those, delete the folder to start over, or choose another folder"
            )
        self._names = dict(before["names"]) if before else {}


def _digest(definition: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(definition, sort_keys=True, default=str).encode()).hexdigest()
