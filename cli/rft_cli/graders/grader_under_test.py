"""Opens a grader for local calls: a grader of this project, a file, or a Lambda function."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rft.ports.grading import GraderReply
from rft_cli.errors import CommandError
from rft_cli.graders.in_process import BATCH_SECONDS, Batch, invoke_handler
from rft_cli.graders.isolated import IsolatedGrader
from rft_cli.graders.loading import load_module
from rft_project import ROOT

if TYPE_CHECKING:  # importing the emulator's judge and boto3 takes seconds; graders in files need neither
    from rft.adapters.grader_invoker import LambdaGraderInvoker
    from rft_cli.graders.local_judge import LocalJudge

_HOUR, _DAY = 3600, 24 * 3600
AHEAD_SECONDS = (3.5 * _DAY, 100 * _DAY + 5 * _HOUR + 7 * 60)
"""Clock offsets that change weekday and half of the day (3.5 days), and month, hour and minute (100 days, 5:07 h)."""

FUNCTIONS = ROOT / "functions"


@dataclass(frozen=True)
class GraderUnderTest:
    """`invoke` grades a batch; `description` names the grader and what is simulated about it.

    `free`: calls cost nothing. `parallel`: concurrent calls are allowed. `forks`: also calls from forked processes.
    `at_other_times` grade with the clock ahead; empty if the clock cannot be set.
    """

    description: str
    invoke: Callable[[Batch], GraderReply]
    free: bool = True
    parallel: bool = False
    forks: bool = False
    at_other_times: tuple[Callable[[Batch], GraderReply], ...] = ()


def open_grader(grader: str, *, batch_seconds: float = BATCH_SECONDS) -> GraderUnderTest:
    """`grader` is the ARN of a Lambda function, a path that ends in .py, or a grader's name. Raises CommandError.

    `batch_seconds`: time limit per batch of a grader in a file; its process is killed afterwards.
    """
    if grader.startswith("arn:"):
        invoke = partial(_invoker(grader).invoke, grader)
        return GraderUnderTest(f"Lambda function {grader}", invoke, free=False, parallel=True)
    if grader.endswith(".py"):
        isolated = _isolated(grader, batch_seconds)
        return GraderUnderTest(
            f"{grader}, in a process of its own",
            isolated.invoke,
            at_other_times=tuple(partial(_invoke_ahead, grader, batch_seconds, ahead) for ahead in AHEAD_SECONDS),
        )
    return _project_grader(grader)


def _isolated(path: str, limit: float, ahead: float = 0.0) -> IsolatedGrader:
    opened = IsolatedGrader(path, limit=limit, ahead=ahead)
    atexit.register(opened.close)
    return opened


def _invoke_ahead(path: str, limit: float, ahead: float, batch: Batch) -> GraderReply:
    return _isolated(path, limit, ahead).invoke(batch)


def _project_grader(name: str) -> GraderUnderTest:
    app = FUNCTIONS / f"grade_{name}" / "app.py"
    if not app.is_file():
        known = ", ".join(sorted(path.parent.name.removeprefix("grade_") for path in FUNCTIONS.glob("grade_*/app.py")))
        raise CommandError(f"Grader {name} not found; pass one of {known}, a Lambda ARN, or a path ending in .py")
    from rft_cli.graders.local_judge import LocalJudge

    module, judge = load_module(app), LocalJudge()
    lock = threading.Lock()
    judged = f", judge: {judge.description}" if "wiring.judges" in app.read_text(encoding="utf-8") else ""

    def invoke(batch: Batch) -> GraderReply:
        with lock, _local_environment(judge):
            return invoke_handler(module.handler, batch)

    free = not (judged and judge.is_real)
    return GraderUnderTest(f"grade_{name}, in this process{judged}", invoke, free=free, forks=True)


@contextlib.contextmanager
def _local_environment(judge: LocalJudge) -> Iterator[None]:
    """Makes the project's graders use this judge, without access to AWS."""
    from rft.grading.judge_client import JudgeClient
    from rft.wiring import judging

    judges, environment, clients = judging.judges, dict(os.environ), (JudgeClient(judge),)
    judging.judges = lambda: clients  # type: ignore[assignment]
    os.environ["JUDGE_MODEL_ID"] = judge.model_id
    os.environ.pop("DATA_BUCKET", None)
    try:
        yield
    finally:
        judging.judges = judges
        os.environ.clear()
        os.environ.update(environment)


def _invoker(arn: str) -> LambdaGraderInvoker:
    import boto3
    from botocore.config import Config

    from rft.adapters.grader_invoker import LambdaGraderInvoker

    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda":
        raise CommandError(f"{arn} is not the ARN of a Lambda function")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=int(BATCH_SECONDS))
    return LambdaGraderInvoker(boto3.Session().client("lambda", region_name=parts[3], config=config))
