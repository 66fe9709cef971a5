"""Validates a grader's reply strictly: one valid result per sample, or the reason for its absence. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from rft.contracts.grading import GRADER_ERROR, GradeResult, GraderResult
from rft.contracts.score_range import UNIT, ScoreBounds, to_unit
from rft.grading.error_reason import one_line
from rft.smoke_test.probes import Probe
from rft.text import text_line

SWEEP = "sweep"
"""The trial that sends every row's answers once."""

JUDGE_CALLED, JUDGE_CALLS = "judge_called", "judge_calls"
INPUT_TOKENS, OUTPUT_TOKENS = "judge_input_tokens", "judge_output_tokens"
JUDGE_METRICS = frozenset({JUDGE_CALLED, JUDGE_CALLS, INPUT_TOKENS, OUTPUT_TOKENS})
"""Metrics by which a grader reports whether it called a judge for an answer (1.0 or 0.0), and the cost."""

DECLARE = "; a grader of another range declares it: grader.score_range"
NO_REASON = "it gave no reason"

SHOWN = 60
"""Maximum length of an invalid value quoted in a reason."""


class NotJson(ValueError):
    """A reply's body is not JSON. The message is the reason, as a continuation of `the reply`."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One probe, the trial it was sent in, and its result.

    The result is a score, an error that the grader reports, or a breach of contract. `reason` is the grader's own
    reason. `judge` contains the grader's metrics on judge use.
    """

    probe: Probe
    score: float | None = None
    breach: str | None = None
    errored: bool = False
    reason: str = ""
    judge: Mapping[str, float] = field(default_factory=dict)
    trial: str = SWEEP

    @property
    def error(self) -> str | None:
        return f"the grader reported {GRADER_ERROR}: {self.reason or NO_REASON}" if self.errored else self.breach


def decode_payload(body: bytes) -> Any:
    """Parses a Lambda's response body. Raises NotJson, also for NaN and Infinity, which Python's parser accepts."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, NotJson) else NotJson("is not JSON") from error


def score(
    batch: Sequence[Probe], payload: Any, error: str | None, trial: str = SWEEP, bounds: ScoreBounds = UNIT
) -> list[Scored]:
    """Matches a reply to its batch. A fault of the whole reply is a breach for each of its probes.

    Scores within `bounds` are mapped to 0..1.
    """
    breach = error or _whole_breach(payload, [probe.id for probe in batch])
    if breach is not None:
        return [Scored(probe, breach=breach, trial=trial) for probe in batch]
    return [_read(probe, item, trial, bounds) for probe, item in zip(batch, payload, strict=True)]


def _refuse_constant(name: str) -> Any:
    raise NotJson(f"holds {name}, which is not JSON and not a score")


def _whole_breach(payload: Any, ids: list[str]) -> str | None:
    if not isinstance(payload, list):
        return f"it replied with {_shown(payload)} where an array of results belongs"
    if len(payload) != len(ids):
        return f"it returned {len(payload)} results for {len(ids)} samples"
    if not all(isinstance(item, dict) for item in payload):
        return "it returned a result that is not an object"
    return _id_breach([item.get("id") for item in payload], ids)


def _id_breach(got: list[Any], ids: list[str]) -> str | None:
    if got == ids:
        return None
    if all(isinstance(i, str) for i in got) and sorted(got) == sorted(ids):
        return "it returned the results in another order than the samples"
    n, wrong = next((n, i) for n, (i, sent) in enumerate(zip(got, ids, strict=True)) if i != sent)
    if wrong is None:
        return "it returned a result without an id; every result needs the id of its sample"
    return f"it returned the id {_shown(wrong)} where {ids[n]} was sent"


def _read(probe: Probe, item: dict[str, Any], trial: str, bounds: ScoreBounds) -> Scored:
    result: GraderResult
    try:
        # Parsed as JSON: only then does pydantic's strict mode accept arrays for tuples.
        kind = GradeResult if bounds == UNIT else GraderResult
        result = kind.model_validate_json(json.dumps(item), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "result"
        hint = DECLARE if field == "aggregate_reward_score" and isinstance(first["input"], int | float) else ""
        return Scored(probe, breach=f"{field} is {_shown(first['input'])}: {first['msg'].lower()}{hint}", trial=trial)
    try:
        earned = None if result.errored else to_unit(result.aggregate_reward_score, bounds)
    except ValueError as error:
        breach = f"aggregate_reward_score is {result.aggregate_reward_score}: it {error}"
        return Scored(probe, breach=breach, trial=trial)
    judge = {m.name: m.value for m in result.metrics_list if m.name in JUDGE_METRICS}
    reason = one_line(result.error or "") if result.errored else ""
    return Scored(probe, score=earned, errored=result.errored, reason=reason, judge=judge, trial=trial)


def _shown(value: Any) -> str:
    return text_line(" ".join(repr(value).split()), SHOWN)
