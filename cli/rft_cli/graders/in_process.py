"""Invokes a grader's handler in this process as Lambda would."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from rft.contracts.grading import Sample
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.error_reason import one_line
from rft.ports.grading import GraderReply
from rft.rewards.components import Component
from rft.smoke_test.replies import NotJson, decode_payload
from rft_cli.errors import CommandError

BATCH_SECONDS = 300.0
"""Time limit of a batch, as in the smoke test."""

Handler = Callable[[Any, Any], Any]
Batch = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class _Context:
    """Lambda context methods that a handler may use. `deadline`: seconds of the monotonic clock."""

    deadline: float
    aws_request_id: str = "rft-grader-test"
    function_name: str = "rft-grader-test"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:rft-grader-test"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def invoke_handler(handler: Handler, batch: Batch) -> GraderReply:
    """Payloads are serialised as JSON, as on Lambda. Output of the handler is discarded."""
    started = time.monotonic()
    payload, error = _call(handler, json.loads(json.dumps(batch)))
    return GraderReply(payload=payload, error=error, seconds=time.monotonic() - started)


def handler_of(module: ModuleType, path: str) -> Handler:
    """The module's handler under one of its usual names, or one generated from `grade`. Raises CommandError."""
    handler: Handler | None = getattr(module, "handler", None) or getattr(module, "lambda_handler", None)
    grade: Callable[[Sample], Any] | None = getattr(module, "grade", None)
    if handler is not None:
        return handler
    if grade is None:
        raise CommandError(f"{path} defines neither handler(event, context) nor grade(sample)")
    required = _required_arguments(grade)
    if required != 1:
        raise CommandError(
            f"{path}: grade takes {required} arguments, but grade(sample) takes one; of OpenAI's grade(sample, item), "
            "sample['output_text'] is sample.answer here, and item is sample.reference and sample.fields"
        )
    return partial(_grade_batch, grade)


def _required_arguments(function: Callable[..., Any]) -> int:
    """Number of positional parameters without a default."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(each.kind in positional and each.default is each.empty for each in parameters)


def _call(handler: Handler, event: Any) -> tuple[Any, str | None]:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            body = json.dumps(handler(event, _Context(time.monotonic() + BATCH_SECONDS)))
        return decode_payload(body.encode()), None
    except NotJson as error:
        return None, f"its reply {error}"
    except SystemExit as error:
        return None, f"it called sys.exit({error.code!r}), which ends the function and every answer of the batch"
    except Exception as error:  # noqa: BLE001  whatever a grader raises, Lambda reports by name
        return None, one_line(f"it failed with {type(error).__name__}: {error}")


def _grade_batch(grade: Callable[[Sample], Any], event: Any, context: _Context) -> list[dict[str, Any]]:
    """Supports `grade` functions that return a score or components."""

    def components(sample: Sample) -> Sequence[Component]:
        graded = grade(sample)
        return [Component("score", graded, 1)] if isinstance(graded, int | float) else list(graded)

    deadline = Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
    return [r.model_dump(mode="json") for r in grade_batch(event, grader=components, deadline=deadline)]
