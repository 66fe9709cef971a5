"""Requests and responses of graders, in Bedrock's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator

from rft.contracts.base import Contract

if TYPE_CHECKING:  # Graders use only the samples' type, so the module is not imported at run time.
    from rft.contracts.dataset import DatasetRow

Score = Annotated[float, Field(ge=0, le=1)]
"""A reward: finite, from 0 (worst) to 1 (best). Other values are rejected, never clamped."""

GRADER_ERROR = "grader_error"
"""Name of the metric that is 1.0 if a sample could not be graded: its score of 0.0 then reports an error."""

PROBE = "smoke_test_probe"
"""Sample key that is true for answers of the smoke test: not rollouts, and never graded from the cache."""

AUDIT = "evaluation_audit"
"""Sample key of an evaluation: the model id of the audit judge that grades the sample instead of the judge."""

AUDIT_EVERY = 16
"""The audit judge also scores 1 in this many training rollouts, adding at most 1/16 to the judge calls."""


class Metric(Contract):
    """A named part of a result. `Reward` metrics make up the score; `Metric` ones are informational."""

    name: str = Field(min_length=1)
    value: float
    type: Literal["Reward", "Metric"]


def _is_none(value: object) -> bool:
    return value is None


class GraderResult(Contract):
    """One sample's result with any finite score. Unknown keys are dropped.

    Bedrock documents id, score and metrics. `error` is this project's extension: an exception's class and message, with
    no valid score.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    id: str
    aggregate_reward_score: float
    metrics_list: tuple[Metric, ...] = ()
    error: str | None = Field(default=None, exclude_if=_is_none)

    @field_validator("error", mode="before")
    @classmethod
    def _of_any_grader(cls, value: object) -> str | None:
        """Ignores a value that is no text: a third-party grader may use this key for something else."""
        return value if value is None or isinstance(value, str) else str(value)

    @property
    def errored(self) -> bool:
        """True if the grader reports an error; the score is then invalid."""
        return any(m.name == GRADER_ERROR and m.value > 0 for m in self.metrics_list)


class GradeResult(GraderResult):
    """Result of this project's graders, and of all graders that declare no other score range."""

    aggregate_reward_score: Score


class Sample(Contract):
    """One rollout to grade, independent of the payload's format.

    `answer` is the last assistant turn's text, `prompt` the turns before it, `reference` the row's reference_answer.
    `fields` has the row's other keys (task_id, run_id, data_source, …).
    """

    id: str
    prompt: tuple[tuple[str, str], ...] = Field(description="(role, text) pairs.")
    answer: str
    reference: str | dict[str, Any] | None
    fields: dict[str, Any] = Field(default_factory=dict)


def rollout_event(
    row: DatasetRow,
    answer: str,
    *,
    id: str,  # noqa: A002 - Bedrock's own name
    probe: bool = False,
) -> dict[str, Any]:
    """Builds one sample of a grader's event: the row's prompt, `answer` as the last turn, and the row's other keys.

    Uses the flat format of the Bedrock User Guide: `reference_answer` and the task's keys at top level. `probe` marks
    an answer of the smoke test.
    """
    body = row.model_dump(mode="json")
    marks = {PROBE: True} if probe else {}
    return {**body, **marks, "id": id, "messages": [*body["messages"], {"role": "assistant", "content": answer}]}
