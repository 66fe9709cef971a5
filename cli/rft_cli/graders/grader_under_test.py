"""A grader that can be called from here: a function of this project, a file, or a Lambda function."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

import boto3
from botocore.config import Config

from rft import wiring
from rft.adapters.grader_invoker import LambdaGraderInvoker
from rft.grading.judge_client import JudgeClient
from rft.ports.grading import GraderReply
from rft_cli.errors import CommandError
from rft_cli.graders.in_process import BATCH_SECONDS, Batch, handler_of, invoke_handler
from rft_cli.graders.local_judge import LocalJudge

FUNCTIONS = Path(__file__).parents[3] / "functions"


@dataclass(frozen=True)
class GraderUnderTest:
    """`invoke` grades a batch; `description` says what the grader is and what about it is not the real thing."""

    description: str
    invoke: Callable[[Batch], GraderReply]


def open_grader(grader: str) -> GraderUnderTest:
    """`grader` is the ARN of a Lambda function, a path that ends in .py, or a grader's name. Raises CommandError."""
    if grader.startswith("arn:"):
        return GraderUnderTest(f"Lambda function {grader}", partial(_invoker(grader).invoke, grader))
    if grader.endswith(".py"):
        sys.path.insert(0, str(Path(grader).resolve().parent))  # where Lambda, too, finds a function's own modules
        handler = handler_of(_load_module(Path(grader)), grader)
        return GraderUnderTest(f"{grader}, in this process", partial(invoke_handler, handler))
    return _project_grader(grader)


def _project_grader(name: str) -> GraderUnderTest:
    app = FUNCTIONS / f"grade_{name}" / "app.py"
    if not app.is_file():
        known = ", ".join(sorted(path.parent.name.removeprefix("grade_") for path in FUNCTIONS.glob("grade_*/app.py")))
        raise CommandError(f"Grader {name} not found; pass one of {known}, a Lambda ARN, or a path ending in .py")
    module, judge = _load_module(app), LocalJudge()
    judged = f", judge: {judge.description}" if "wiring.judges" in app.read_text(encoding="utf-8") else ""

    def invoke(batch: Batch) -> GraderReply:
        with _local_environment(judge):
            return invoke_handler(module.handler, batch)

    return GraderUnderTest(f"grade_{name}, in this process{judged}", invoke)


@contextlib.contextmanager
def _local_environment(judge: LocalJudge) -> Iterator[None]:
    """The project's graders with this judge, and without AWS."""
    judges, environment, clients = wiring.judges, dict(os.environ), (JudgeClient(judge),)
    wiring.judges = lambda: clients  # type: ignore[assignment]
    os.environ["JUDGE_MODEL_ID"] = judge.model_id
    os.environ.pop("DATA_BUCKET", None)
    try:
        yield
    finally:
        wiring.judges = judges
        os.environ.clear()
        os.environ.update(environment)


def _invoker(arn: str) -> LambdaGraderInvoker:
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda":
        raise CommandError(f"{arn} is not the ARN of a Lambda function")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=int(BATCH_SECONDS))
    return LambdaGraderInvoker(boto3.client("lambda", region_name=parts[3], config=config))


def _load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"grader_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise CommandError(f"{path}: no such Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CommandError(f"Cannot load {path}: {type(error).__name__}: {error}") from error
    return module
