"""Rollout telemetry of graders: one row per graded rollout, in gzip'd JSON lines.

Bedrock publishes no rewards while it trains, so these rows are the only record of them. An object holds one
invocation's rows of one run; its key begins with the time it was written (see `rft.training.rollouts`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from rft.contracts.base import Contract, RunId, SplitName, TextLine
from rft.contracts.grading import Score


class JudgeUse(Contract):
    """Cost of judging one answer. Failed calls count; tokens are the model's own figures."""

    models: tuple[TextLine, ...] = Field(description="The judges' model ids; more than one is a panel.")
    prompt: TextLine = Field(description="sha256:<hex> of everything in the prompt that is the same for every answer.")
    calls: int = 0
    retries: int = 0
    throttled: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = Field(default=0, description="Input tokens that the model read from its prompt cache.")


class Rollout(Contract):
    """One graded answer. `score` is None where there is an `error`, named by its class: an error is no score."""

    schema_version: Literal[1] = 1
    run_id: RunId
    grader: str
    id: str = Field(description="Bedrock's id of the sample.")
    task_id: str | None = Field(description="The dataset row's; answers that share it belong to one group.")
    split: SplitName | None = Field(description="Of the dataset row; None where the row does not say.")
    at: AwareDatetime = Field(description="When the batch was graded, in UTC.")
    score: Score | None
    error: str | None = None
    error_reason: str | None = Field(default=None, description="The error's class and message.")
    components: dict[str, float] = Field(description="The grade's parts before weighting, and what else it measured.")
    seconds: float = Field(ge=0, description="How long this sample took to grade.")
    answer_length: int | None = Field(description="In characters; None where no answer could be read.")
    entropy: float | None = Field(default=None, description="Of the answer's words, in bits per word.")
    copied: float | None = Field(default=None, description="Share of the answer that stands in the prompt.")
    weakest: float | None = Field(default=None, description="The least of the parts that are rewarded, if several are.")
    above_audit: float | None = Field(default=None, description="Score minus the audit judge's, where it was audited.")
    answer: str | None = Field(default=None, description="Its text, where the stack captures answers.")
    judge: JudgeUse | None = None
