"""Requests and responses of graders, in Bedrock's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator

from rft.contracts.base import Contract

if TYPE_CHECKING:  # a grader needs no more of a dataset than its samples bring
    from rft.contracts.dataset import DatasetRow

Score = Annotated[float, Field(ge=0, le=1)]
"""A reward: finite, 0 worst to 1 best. A result that holds anything else is refused, never clamped."""

GRADER_ERROR = "grader_error"
"""Name of the metric that is 1.0 where a sample could not be graded: its 0.0 is an error, not a score."""

PROBE = "smoke_test_probe"
"""Key of a sample that is true where the answer is the smoke test's own: no rollout, and never graded from a cache."""

AUDIT = "evaluation_audit"
"""In samples of an evaluation that the stack's audit judge is to judge, and no other: its model id."""

AUDIT_EVERY = 16
"""One training rollout in so many is scored by the audit judge too: judging costs at most a sixteenth more."""


class Metric(Contract):
    """A named part of a result. `Reward` parts make up the score; `Metric` parts only inform."""

    name: str = Field(min_length=1)
    value: float
    type: Literal["Reward", "Metric"]


def _is_none(value: object) -> bool:
    return value is None


class GraderResult(Contract):
    """One sample's result, with any finite score. Unknown keys are dropped.

    Bedrock documents id, score and metrics. `error` comes only where there is no score: an exception's class and
    message.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    id: str
    aggregate_reward_score: float
    metrics_list: tuple[Metric, ...] = ()
    error: str | None = Field(default=None, exclude_if=_is_none)

    @field_validator("error", mode="before")
    @classmethod
    def _of_any_grader(cls, value: object) -> str | None:
        """The key is this project's: another grader's value there violates no contract."""
        return value if value is None or isinstance(value, str) else str(value)

    @property
    def errored(self) -> bool:
        """True where the grader reports an error: such a result is no score."""
        return any(m.name == GRADER_ERROR and m.value > 0 for m in self.metrics_list)


class GradeResult(GraderResult):
    """A result of our graders, and of all that declare no other range."""

    aggregate_reward_score: Score


class Sample(Contract):
    """One rollout to grade, whatever shape the payload had.

    `answer` is the last assistant turn's text; `prompt` the turns before it. `reference` is what the dataset
    row holds as reference_answer. `fields` has the row's other keys (task_id, run_id, data_source, …).
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
    """One sample of a grader's event: the row's prompt with `answer` as the last turn, and all its other keys.

    The flat shape of the Bedrock User Guide: `reference_answer` and the task's keys at top level. A `probe` is an
    answer of the smoke test's and says so.
    """
    body = row.model_dump(mode="json")
    marks = {PROBE: True} if probe else {}
    return {**body, **marks, "id": id, "messages": [*body["messages"], {"role": "assistant", "content": answer}]}
