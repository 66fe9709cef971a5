"""Graders where they can be tried: a function of this project, a file, or a Lambda; all asked in the same way."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
from botocore.config import Config

from rft import wiring
from rft.adapters.grader_invoker import LambdaGraderInvoker
from rft.contracts.grading import Sample
from rft.grading.batch import RESERVE_SECONDS, Deadline, grade_batch
from rft.grading.error_reason import one_line
from rft.grading.judge_client import JudgeClient
from rft.ports import GraderReply
from rft.rewards.components import Component
from rft.smoke_test.replies import NotJson, decode
from rft_cli.errors import CommandError
from rft_cli.graders.local_judge import LocalJudge

FUNCTIONS = Path(__file__).parents[3] / "functions"
SECONDS = 300.0
"""What one batch may take: as long as the smoke test waits."""

Handler = Callable[[Any, Any], Any]
Batch = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Tried:
    """A grader to be asked; `what` says in words what it is, and what about it is not the real thing."""

    what: str
    ask: Callable[[Batch], GraderReply]


def open_grader(named: str) -> Tried:
    """`named` is the ARN of a Lambda, a path that ends in .py, or the name of a grader. Raises CommandError."""
    if named.startswith("arn:"):
        return Tried(f"the Lambda {named}", partial(_lambda(named).invoke, named))
    if named.endswith(".py"):
        sys.path.insert(0, str(Path(named).resolve().parent))  # where Lambda, too, looks for a function's own modules
        handler = _handler(_loaded(Path(named)), named)
        return Tried(f"the file {named}, in this process", lambda batch: ask_handler(handler, batch))
    return _own(named)


def _own(named: str) -> Tried:
    app = FUNCTIONS / f"grade_{named}" / "app.py"
    if not app.is_file():
        known = ", ".join(sorted(path.parent.name.removeprefix("grade_") for path in FUNCTIONS.glob("grade_*/app.py")))
        raise CommandError(f"no grader {named}; there are {known}, or give the ARN of a Lambda or a path ending in .py")
    module, judge = _loaded(app), LocalJudge()
    judged = f", judged by {judge.what}" if "wiring.judges" in app.read_text(encoding="utf-8") else ""

    def ask(batch: Batch) -> GraderReply:
        with _judged_by(judge):
            return ask_handler(module.handler, batch)

    return Tried(f"the function grade_{named}, in this process{judged}", ask)


@dataclass(frozen=True)
class _Context:
    """What a handler may ask of Lambda's context."""

    ends: float
    aws_request_id: str = "rft-grader-test"
    function_name: str = "rft-grader-test"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:rft-grader-test"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends - time.monotonic()) * 1000))


def ask_handler(handler: Handler, batch: Batch) -> GraderReply:
    """Call a handler in this process as Lambda would: payloads go through JSON. What it prints and logs is dropped."""
    started = time.monotonic()
    payload, error = _answer(handler, json.loads(json.dumps(batch)))
    return GraderReply(payload=payload, error=error, seconds=time.monotonic() - started)


def _answer(handler: Handler, event: Any) -> tuple[Any, str | None]:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            body = json.dumps(handler(event, _Context(time.monotonic() + SECONDS)))
        return decode(body.encode()), None
    except NotJson as error:
        return None, f"its reply {error}"
    except SystemExit as error:
        return None, f"it called sys.exit({error.code!r}), which ends the function and every answer of the batch"
    except Exception as error:  # noqa: BLE001  whatever a grader raises, Lambda reports by name
        return None, one_line(f"it failed with {type(error).__name__}: {error}")


@contextlib.contextmanager
def _judged_by(judge: LocalJudge) -> Iterator[None]:
    """The project's own graders with this judge, and with nothing of AWS."""
    before, environment, known = wiring.judges, dict(os.environ), (JudgeClient(judge),)
    wiring.judges = lambda: known  # type: ignore[assignment]
    os.environ["JUDGE_MODEL_ID"] = judge.model_id
    os.environ.pop("DATA_BUCKET", None)
    try:
        yield
    finally:
        wiring.judges = before
        os.environ.clear()
        os.environ.update(environment)


def _lambda(arn: str) -> LambdaGraderInvoker:
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda":
        raise CommandError(f"{arn} is not the ARN of a Lambda function")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=int(SECONDS))
    return LambdaGraderInvoker(boto3.client("lambda", region_name=parts[3], config=config))


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"grader_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise CommandError(f"no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CommandError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    return module


def _handler(module: ModuleType, named: str) -> Handler:
    """The file's handler, by either of its usual names, or one made of its `grade`."""
    handler: Handler | None = getattr(module, "handler", None) or getattr(module, "lambda_handler", None)
    grade: Callable[[Sample], Any] | None = getattr(module, "grade", None)
    if handler is not None:
        return handler
    if grade is None:
        raise CommandError(f"{named} defines neither handler(event, context) nor grade(sample)")
    needed = _needed_arguments(grade)
    if needed != 1:
        raise CommandError(
            f"{named}: grade takes {needed} arguments, and grade(sample) takes one. OpenAI's grade(sample, item) has "
            "in sample['output_text'] what sample.answer is here, and in item sample.reference and sample.fields"
        )
    return partial(_graded, grade)


def _needed_arguments(function: Callable[..., Any]) -> int:
    """Those without a default that it takes by position."""
    given = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(each.kind in given and each.default is each.empty for each in parameters)


def _graded(grade: Callable[[Sample], Any], event: Any, context: _Context) -> list[dict[str, Any]]:
    """`grade` gives a score, or components."""

    def components(sample: Sample) -> Sequence[Component]:
        graded = grade(sample)
        return [Component("score", graded, 1)] if isinstance(graded, int | float) else list(graded)

    deadline = Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
    return [r.model_dump(mode="json") for r in grade_batch(event, grader=components, deadline=deadline)]
