"""Nested executions (`states:startExecution.sync:2`): converts member names, which moto leaves as boto3 has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)


def replacements() -> Iterator[tuple[Any, str, Any]]:
    yield StateTaskServiceSfn, "_normalise_parameters", _lower_first(StateTaskServiceSfn._normalise_parameters)
    yield StateTaskServiceSfn, "_normalise_response", _upper_first
    yield StateTaskServiceSfn, "_eval_service_task", _started(StateTaskServiceSfn._eval_service_task)


def _lower_first(original: Any) -> Any:
    """Convert the Arguments' PascalCase names to the API's camelCase."""

    def normalise(self: Any, parameters: dict[str, Any], *args: Any, **more: Any) -> None:
        original(self, parameters, *args, **more)
        for name in list(parameters):
            parameters[name[:1].lower() + name[1:]] = parameters.pop(name)

    return normalise


def _upper_first(_self: Any, response: Any, *_args: Any, **_more: Any) -> None:
    """Convert response members to PascalCase, and times to milliseconds since 1970."""
    for name in list(response):
        value = response.pop(name)
        known = round(value.timestamp() * 1000) if isinstance(value, datetime) else value
        response[name[:1].upper() + name[1:]] = known


def _started(original: Any) -> Any:
    def evaluate(self: Any, env: Any, *args: Any, **more: Any) -> None:
        original(self, env, *args, **more)
        _upper_first(self, env.stack[-1])

    return evaluate
