"""The PandaLM judge: code checks verdict and form, an LLM the reasoning of right verdicts."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from rft.contracts.grading import PROBE, GradeResult, Sample
from rft.contracts.telemetry import JudgeUse
from rft.errors import JudgeError
from rft.grading.batch import RESERVE_SECONDS, Deadline, OnJudgeError, grade_batch
from rft.grading.judge_client import JudgeClient, Question, RetryingJudge, Usage
from rft.grading.telemetry import GraderTelemetry, OpenLog, no_log
from rft.rewards import rubric
from rft.rewards.components import Component
from rft.rewards.verdicts import Judgment, expected_label, read_judgment

VERDICT_WEIGHT = 0.7
FORMAT_WEIGHT = 0.1
REASONING_WEIGHT = 0.2

MAX_REASONING_CHARACTERS = 4_000
"""One line was asked for. Longer ones earn nothing and are not sent: length must not buy the judge's goodwill."""


def grade_pandalm(
    event: object,
    *,
    judges: Sequence[JudgeClient],
    seconds_left: float,
    rollout_log: OpenLog = no_log,
    parallelism: int = 16,
    on_judge_error: OnJudgeError = "zero",
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[GradeResult, ...]:
    """Grade a batch with `seconds_left` until the caller is cut off. Several judges vote. Raises as `grade_batch`."""
    deadline = Deadline(seconds_left - RESERVE_SECONDS, monotonic)
    panel = _Panel([RetryingJudge(known, deadline, sleep) for known in judges])
    return grade_batch(
        event,
        grader=lambda sample: _components(sample, panel),
        deadline=deadline,
        parallelism=parallelism,
        on_judge_error=on_judge_error,
        telemetry=GraderTelemetry("pandalm", rollout_log, JudgeUse(models=panel.models, prompt=rubric.DIGEST)),
    )


def _components(sample: Sample, panel: _Panel) -> Iterator[Component]:
    answer = read_judgment(sample.answer)
    right = answer.verdict == expected_label(sample.reference)
    worth_judging = right and 0 < len(answer.reasoning) <= MAX_REASONING_CHARACTERS
    yield Component("verdict", float(right), VERDICT_WEIGHT)
    yield Component("format", float(answer.well_formed), FORMAT_WEIGHT)
    yield Component("judge_called", float(worth_judging))
    if worth_judging:
        yield from panel.components(_question(sample, answer))
    else:
        yield Component("reasoning", 0.0, REASONING_WEIGHT)


class _Panel:
    """The judges, each with one vote. All must answer: a reward that changes with who is away is no measure."""

    def __init__(self, judges: Sequence[RetryingJudge]) -> None:
        self._judges = judges
        self.models = tuple(judge.known.judge.model_id for judge in judges)
        # A metric is a number; 48 bits of a digest are exact in one.
        identity = hashlib.sha256("\n".join([*self.models, rubric.DIGEST]).encode())
        self._fingerprint = Component("judge_fingerprint", float(int(identity.hexdigest()[:12], 16)))

    def components(self, question: Question[dict[str, bool]]) -> Iterator[Component]:
        """The criteria and what they cost; the cost comes even where a judge fails."""
        usage = Usage()
        try:
            votes = [judge.ask(question, usage) for judge in self._judges]
        except JudgeError:
            yield from usage.components()
            raise
        yield from usage.components()
        yield self._fingerprint
        yield from _judged(votes)


def _judged(votes: Sequence[Mapping[str, bool]]) -> Iterator[Component]:
    criteria = rubric.majority_vote(votes)
    yield Component("reasoning", rubric.quality(criteria), REASONING_WEIGHT)
    yield from (Component(name, float(holds)) for name, holds in criteria.items())
    if len(votes) > 1:
        yield Component("judge_disagreement", rubric.disagreement(votes))


def _question(sample: Sample, answer: Judgment) -> Question[dict[str, bool]]:
    shown = (_comparison(sample), answer.verdict or "", answer.reasoning)
    parts = dict(zip(rubric.PARTS, shown, strict=True))
    return Question(
        system=rubric.SYSTEM,
        user=lambda feedback: rubric.render(parts, code=secrets.token_hex(16), feedback=feedback),
        read=rubric.read_reply,
        schema=rubric.SCHEMA,
        parts=parts,
        prompt=rubric.DIGEST,
        fresh=sample.fields.get(PROBE) is True,
    )


def _comparison(sample: Sample) -> str:
    """What the policy was asked; the reference's own copy where a payload leaves the prompt out."""
    asked = [text for role, text in sample.prompt if role == "user"]
    if asked:
        return asked[-1]
    return str(sample.reference.get("question", "")) if isinstance(sample.reference, dict) else ""
