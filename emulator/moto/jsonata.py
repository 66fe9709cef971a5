"""JSONata evaluator for moto's Step Functions, which has none."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.eval import states as eval_states
from moto.stepfunctions.parser.asl.eval import variable_store
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata

_MARK = "\x00"
"""Delimiter: does not occur in expressions, and JSON escapes it."""


def replacements() -> Iterator[tuple[Any, str, Any]]:
    yield moto_jsonata, "_eval_jsonata", _evaluate
    yield StringJSONata, "_eval_body", _with_query_errors(StringJSONata._eval_body)
    yield eval_states, "encode_jsonata_variable_declarations", _declarations
    yield variable_store, "encode_jsonata_variable_declarations", _declarations


def _evaluate(expression: str) -> Any:
    """Evaluate an expression; undefined is returned as None, which moto then distinguishes from null with `$exists`.

    Compiled expressions are cached by text, so `_declarations` keeps variable values out of it.
    """
    text, bindings = divided(expression)
    values = {name: _bound(value) for name, value in bindings.items()}
    query = copy.copy(_compiled(text))
    query.environment = query.create_frame(jsonata.Jsonata.static_frame)
    jsonata.Jsonata.CURRENT.jsonata = query
    return query.evaluate(None, values)


def divided(expression: str) -> tuple[str, dict[str, str]]:
    """Split into the query and the variables bound by `_declarations`: JSON text by name without `$`."""
    parts = expression.split(_MARK)
    bindings = {name.removeprefix("$"): text for name, text in zip(parts[1::3], parts[2::3], strict=True)}
    return "".join(parts[0::3]), bindings


@functools.lru_cache(maxsize=1_000)
def _compiled(expression: str) -> jsonata.Jsonata:
    return jsonata.Jsonata(expression)


def _bound(text: str) -> Any:
    """Parse JSON text as JSONata parses a literal: null is distinct from undefined, and 1.0 equals 1."""
    return _with_nulls(json.loads(text, parse_float=_number))


def _with_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_nulls(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_nulls(each) for each in value]
    return Utils.NULL_VALUE if value is None else value


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


def _declarations(bindings: dict[str, Any]) -> str:
    """Encode variables for `_evaluate`. Moto inlines them, so each new value would need another compilation."""
    return "".join(f"{_MARK}{name}{_MARK}{json.dumps(value, default=str)}{_MARK}" for name, value in bindings.items())


def _with_query_errors(original: Callable[..., None]) -> Callable[..., None]:
    def eval_body(self: Any, env: Any) -> None:
        try:
            original(self, env)
        except JException as error:
            # as on AWS; moto raises States.Runtime
            name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
            details = EvaluationFailedEventDetails(
                cause=f"The JSONata expression '{self.expression}' failed: {error}", error=name.error_name
            )
            raise FailureEventException(
                failure_event=FailureEvent(
                    env=env,
                    error_name=name,
                    event_type=HistoryEventType.EvaluationFailed,
                    event_details=EventDetails(evaluationFailedEventDetails=details),
                )
            ) from error

    return eval_body
