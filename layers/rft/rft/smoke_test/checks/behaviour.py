"""Checks that a score depends on the answer only: not on ids, earlier turns or the time, nor takes long. Pure."""

from __future__ import annotations

from dataclasses import replace

from rft.contracts.checks import Check, CheckExample, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import skipped
from rft.smoke_test.checks.stability import unchanged
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import ALONE, ANOTHER_TIME, LONG, SAME_ID
from rft.smoke_test.replies import Scored
from rft.smoke_test.shapes import CONVERSATION
from rft.smoke_test.slow_answers import SLOW_FACTOR, WARN_SECONDS, slow_limits


def same_id(evidence: Evidence, thresholds: Thresholds) -> Check:
    """An answer under an id that another answer used before must get its own score."""
    sent = tuple(replace(s, probe=replace(s.probe, id=s.probe.of)) for s in evidence.trial(SAME_ID))
    others = tuple(s for s in evidence.scores if s.trial != SAME_ID)
    found = replace(evidence, scores=(*others, *sent))
    return unchanged("same_id", "sent", {"under another answer's id": SAME_ID}, found, thresholds, clear_only=True)


def conversation(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Answers after an earlier assistant turn get the same scores: only the last turn counts.

    Bedrock may never send such rows.
    """
    found = unchanged("conversation", "sent", {"after an earlier turn": CONVERSATION}, evidence, thresholds)
    return found if found.result != CheckResult.BLOCK else found.model_copy(update={"result": CheckResult.WARN})


def time_of_day(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The same answers at another hour and weekday get the same scores."""
    return unchanged("time_of_day", "sent", {"at another time": ANOTHER_TIME}, evidence, thresholds, clear_only=True)


def slowness(evidence: Evidence, _thresholds: Thresholds) -> Check:
    """No content makes an answer slow to grade: a policy that repeats itself would time out whole batches."""
    long = [(s, evidence.seconds.get(LONG, {}).get(s.probe.id)) for s in evidence.trial(LONG)]
    taken = [(s, seconds) for s, seconds in long if seconds is not None]
    if not taken:
        return skipped("slowness", evidence, "no long answer was sent alone")
    blocks, warns = slow_limits(evidence.seconds.get(ALONE, {}).values())
    slow = [(s, t) for s, t in taken if s.breach or t > blocks]
    noticed = [(s, t) for s, t in taken if s.error or t > warns]
    most = max(taken, key=lambda each: each[1])[0]
    return Check(
        name="slowness",
        result=CheckResult.BLOCK if slow else CheckResult.WARN if noticed else CheckResult.PASS,
        detail=f"{len(noticed)} of {len(taken)} answers of {len(most.probe.answer):,} characters took longer than "
        f"{WARN_SECONDS:g} s and {SLOW_FACTOR} times as long as usual, or failed"
        + (f": {', '.join(s.probe.variant for s, _ in noticed)}" if noticed else ""),
        n=len(taken),
        statistic="rate of long answers that are slow",
        value=len(noticed) / len(taken),
        comparison="<=",
        unit="%",
        limit=0,
        parts=tuple(_slow_part(s, (s, t) in slow) for s, t in noticed),
        worst_examples=tuple(map(_slow_example, (s for s, _ in noticed))),
    )


def _slow_part(s: Scored, blocks: bool) -> CheckPart:  # noqa: FBT001 the flag of the check part
    result = CheckResult.BLOCK if blocks else CheckResult.WARN
    return CheckPart(name=f"slowness/{s.probe.variant}", n=1, value=1.0, result=result)


def _slow_example(s: Scored) -> CheckExample:
    return CheckExample(
        task_id=s.probe.source.row.task_id,
        detail=f"{s.probe.variant}: {s.error or 'slow'}",
        part=f"slowness/{s.probe.variant}",
        answer=s.probe.answer[:40],
    )
