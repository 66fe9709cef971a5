"""Graded rollouts for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rft.contracts.telemetry import JudgeUse, Rollout
from tests.kit.records import RUN_ID

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rollout(score: float | None = 0.5, *, task: str | None = "t", split: str | None = "train", **more: Any) -> Rollout:
    """Return one rollout; a score of None is an error."""
    fields = {
        "run_id": RUN_ID,
        "grader": "gsm8k",
        "id": "a",
        "task_id": task,
        "split": split,
        "at": AT,
        "score": score,
        "error": "JudgeUnavailable" if score is None else None,
        "components": {},
        "seconds": 0.01,
        "answer_length": 100,
        **more,
    }
    return Rollout.model_validate(fields)


def group(*scores: float | None, task: str = "t", **more: Any) -> list[Rollout]:
    """Return the rollouts of one prompt, with these scores."""
    return [rollout(score, task=task, **more) for score in scores]


def judged(calls: int, *, input_tokens: int = 0, output_tokens: int = 0) -> JudgeUse:
    """Return the judge usage of one answer."""
    return JudgeUse(
        models=("judge",), prompt="sha256:00", calls=calls, input_tokens=input_tokens, output_tokens=output_tokens
    )
