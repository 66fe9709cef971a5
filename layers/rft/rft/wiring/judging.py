"""Judge models and their cache."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rft.settings import JudgeSettings, TelemetrySettings
from rft.wiring.clients import cached_client, clock
from rft.wiring.storage import object_store

if TYPE_CHECKING:
    from rft.grading.judge_client import JudgeClient
    from rft.grading.run_judges import RunJudges
    from rft.grading.run_rubrics import RunRubrics
    from rft.grading.training_audit import TrainingAudit
    from rft.ports.grading import JudgeCache


@cache
def judges() -> tuple[JudgeClient, ...]:
    """The stack's judge models on Bedrock, with circuit-breaker state per container. The grader retries."""
    return tuple(map(_judge, JudgeSettings.from_environment().judge_model_ids))


def judges_of(event: object) -> tuple[JudgeClient, ...]:
    """The judge that the batch names for an audit; else the run's pinned judge, or the stack's judges.

    Without a data bucket there is no pinned judge.
    """
    from rft.grading.run_judges import RunJudges, audit_judge

    if auditing := audit_judge(event):
        return (_judge(auditing),)
    if not TelemetrySettings.from_environment().data_bucket:
        return judges()
    pinned = _run_judges(RunJudges).of(event)
    return (_judge(pinned),) if pinned else judges()


def training_audit_of(event: object) -> TrainingAudit | None:
    """The audit of the batch's run; None if it requested no audit judge."""
    from rft.grading.run_judges import RunJudges
    from rft.grading.training_audit import TrainingAudit

    if not TelemetrySettings.from_environment().data_bucket:
        return None
    model_id = _run_judges(RunJudges).audit_of(event)
    seconds = JudgeSettings.from_environment().judge_timeout_seconds
    return TrainingAudit(_judge(model_id), float(seconds)) if model_id else None


@cache
def _run_judges(made: type[RunJudges]) -> RunJudges:
    return made(object_store)


@cache
def _judge(model_id: str) -> JudgeClient:
    from rft.adapters.bedrock.judge import judge_client

    settings = JudgeSettings.from_environment()
    timeout, connections = settings.judge_timeout_seconds, settings.judge_parallelism
    client = cached_client("bedrock-runtime", attempts=1, read_timeout=timeout, connections=connections)
    return judge_client(client, model_id=model_id, settings=settings, cache=judge_cache())


@cache
def run_rubrics() -> RunRubrics:
    from rft.grading.run_rubrics import RunRubrics

    return RunRubrics(object_store)


@cache
def judge_cache() -> JudgeCache:
    from rft.adapters.judge_cache import DynamoJudgeCache, MemoryJudgeCache

    settings = JudgeSettings.from_environment()
    if not settings.judge_cache_table:
        return MemoryJudgeCache()
    connections = settings.judge_parallelism
    # No retries: a miss is cheaper than waiting.
    client = cached_client("dynamodb", attempts=1, connect_timeout=1, read_timeout=1, connections=connections)
    table, days = settings.judge_cache_table, settings.judge_cache_days
    return MemoryJudgeCache(DynamoJudgeCache(client, table=table, days=days, clock=clock()))
