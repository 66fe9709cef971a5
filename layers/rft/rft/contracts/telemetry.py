"""Rollout telemetry of graders: one row per graded rollout, as gzip-compressed JSON lines.

Bedrock publishes no rewards during training, so these rows are the only record of them. An object holds the rows of one
invocation for one run; its key begins with the time of writing (see `rft.training.rollouts`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from rft.contracts.base import Contract, RunId, SplitName, TextLine
from rft.contracts.grading import Score


class JudgeUse(Contract):
    """Cost of judging one answer. Failed calls count; tokens are as reported by the model."""

    models: tuple[TextLine, ...] = Field(description="Model ids of the judges; several for a panel.")
    prompt: TextLine = Field(description="sha256:<hex> of the part of the prompt that is the same for every answer.")
    calls: int = 0
    retries: int = 0
    throttled: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = Field(default=0, description="Input tokens read from the model's prompt cache.")


class Rollout(Contract):
    """One graded answer. `score` is None if there is an `error` (an exception's class and message)."""

    schema_version: Literal[1] = 1
    run_id: RunId
    grader: str
    id: str = Field(description="Bedrock's id of the sample.")
    task_id: str | None = Field(description="Task id of the dataset row; answers with the same id form a group.")
    split: SplitName | None = Field(description="Split of the dataset row; None if the row has none.")
    at: AwareDatetime = Field(description="Time at which the batch was graded, in UTC.")
    score: Score | None
    error: str | None = None
    error_reason: str | None = Field(default=None, description="The error's class and message.")
    components: dict[str, float] = Field(description="Unweighted reward components and other metrics.")
    seconds: float = Field(ge=0, description="Time to grade this sample.")
    answer_length: int | None = Field(description="Length in characters; None if no answer could be read.")
    entropy: float | None = Field(default=None, description="Word entropy of the answer, in bits per word.")
    copied: float | None = Field(default=None, description="Share of the answer that is copied from the prompt.")
    weakest: float | None = Field(default=None, description="The lowest reward component, if there are several.")
    above_audit: float | None = Field(default=None, description="Score minus the audit judge's score, if audited.")
    answer: str | None = Field(default=None, description="The text, if the stack captures answers.")
    judge: JudgeUse | None = None
