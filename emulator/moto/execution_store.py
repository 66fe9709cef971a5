"""Persists Step Functions executions: the current state of running ones, the result of ended ones.

A running execution resumes at the last state that it entered, with that state's input and variables. Work inside the
state, such as the iterations of a Map, is repeated.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from emulator.moto.executions import ExecutionEnd
from emulator.state.store import Record, Store

KIND, POSITION = "execution", "position"


class ExecutionStore:
    def __init__(self, store: Store, *, account: str, region: str) -> None:
        self._store = store
        self._account, self._region = account, region
        self._to_start: list[Any] = []

    def replacements(self) -> Iterator[tuple[Any, str, Any]]:
        yield Execution, "start", self._saving_start(Execution.start)
        yield CommonStateField, "_eval_body", self._saving_entry(CommonStateField._eval_body)

    def on_end(self, execution: ExecutionEnd) -> None:
        """Persist an execution's status, output and error, and delete its position."""
        end = {
            "status": execution.status,
            "stopped": execution.stopped.isoformat(),
            "output": execution.output,
            "error": execution.error,
            "cause": execution.cause,
        }
        start = self._store.get(KIND, execution.arn) or {}  # missing if the state was frozen before the start
        self._store.put(Record(KIND, execution.arn, {**start, **end}), Record(POSITION, execution.arn, None))

    def restore(self) -> None:
        """Restore all executions without starting them."""
        positions = dict(self._store.all(POSITION))
        machines = stepfunctions_parser_backends[self._account][self._region].state_machines
        by_arn = {machine.arn: machine for machine in machines}
        for arn, record in sorted(self._store.all(KIND), key=lambda each: str(each[1]["started"])):
            if record["machine"] in by_arn:
                self._restore(arn, record, positions.get(arn), by_arn[record["machine"]])

    def resume(self) -> None:
        """Start the restored executions that were running."""
        for execution in self._to_start:
            execution.start()
        self._to_start.clear()

    def _restore(self, arn: str, record: Mapping[str, Any], position: Mapping[str, Any] | None, machine: Any) -> None:
        execution = _Resumed(
            position,
            name=record["name"],
            sm_type=machine.sm_type,
            role_arn=machine.roleArn,
            exec_arn=arn,
            account_id=self._account,
            region_name=self._region,
            state_machine=machine,
            start_date=datetime.fromisoformat(record["started"]),
            cloud_watch_logging_session=None,
            activity_store={},
            input_data=record["input"],
        )
        if "status" in record:
            execution.restore_end(record)
        else:
            execution.exec_status = ExecutionStatus.RUNNING
            self._to_start.append(execution)
        machine.executions.append(execution)

    def _saving_start(self, original: Callable[..., None]) -> Callable[..., None]:
        def start(execution: Any) -> None:
            self._store.put(Record(KIND, execution.exec_arn, _started(execution)))
            original(execution)

        return start

    def _saving_entry(self, original: Callable[..., None]) -> Callable[..., None]:
        def eval_body(state: Any, env: Any) -> None:
            if not env.is_frame():  # a frame is a branch or a Map iteration
                self._store.put(_position(state.name, env))
            original(state, env)

        return eval_body


class _Resumed(Execution):  # type: ignore[misc]
    """A restored execution. `position` is the last state that it entered, or None if it entered none."""

    def __init__(self, position: Mapping[str, Any] | None, **given: Any) -> None:
        super().__init__(**given)
        self._position = position

    def restore_end(self, record: Mapping[str, Any]) -> None:
        """Set status, times, output and error from a record; the history stays empty."""
        self.exec_status = ExecutionStatus(record["status"])
        self.stop_date = datetime.fromisoformat(record["stopped"])
        self.output, self.error, self.cause = record["output"], record["error"], record["cause"]
        self.announced = True
        self.exec_worker = self._get_start_execution_worker()
        self.exec_worker.env = self.exec_worker._get_evaluation_environment()

    def _get_start_execution_worker(self) -> Any:
        worker = super()._get_start_execution_worker()
        return _ResumedWorker(worker, self._position) if self._position else worker


class _ResumedWorker(ExecutionWorker):  # type: ignore[misc]
    """Starts at the persisted state instead of StartAt."""

    def __init__(self, usual: Any, position: Mapping[str, Any]) -> None:
        super().__init__(
            usual._evaluation_details,
            usual._execution_communication,
            usual._cloud_watch_logging_session,
            usual._activity_store,
        )
        self._position = position

    def _get_evaluation_entrypoint(self) -> Any:
        program = copy.copy(super()._get_evaluation_entrypoint())  # shared by all executions
        program.start_at = StartAt(self._position["state"])
        return program

    def _get_evaluation_environment(self) -> Any:
        env = super()._get_evaluation_environment()
        env.states.reset(self._position["input"])
        for name, value in self._position["variables"].items():
            env.variable_store.set(name, value)
        return env


def _started(execution: Any) -> dict[str, Any]:
    return {
        "name": execution.name,
        "machine": execution.state_machine.arn,
        "input": execution.execution_input,
        "started": execution.start_date.astimezone(UTC).isoformat(),
    }


def _position(state: str, env: Any) -> Record:
    arn = env.states.context_object.context_object_data["Execution"]["Id"]
    variables = env.variable_store._inner_scope
    return Record(POSITION, arn, {"state": state, "input": env.states.get_input(), "variables": variables})
