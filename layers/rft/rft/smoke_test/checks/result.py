"""Builds the result of a check. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from rft.contracts.agreement import Interval
from rft.contracts.checks import Check, CheckExample, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.grading.error_reason import grouped
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.replies import NO_REASON, Scored

CheckFunction = Callable[[Evidence, Thresholds], Check]

ADD_PROBES = 'add `"probes": {"right": ["…"], "wrong": ["…"]}` to the rows'
REASONS_SHOWN = 3
EXAMPLES = 3
EPSILON = 1e-9
"""Scores closer than this are equal: float rounding stays below it."""

Offender = tuple[float, str, str]
"""The severity, the row's task_id, and what happened."""


def too_high(value: float, *, block: float, warn: float) -> CheckResult:
    """For values where less is better; the threshold itself passes."""
    return CheckResult.BLOCK if value > block else CheckResult.WARN if value > warn else CheckResult.PASS


def too_low(value: float, *, block: float, warn: float) -> CheckResult:
    """For values where more is better; the threshold itself passes."""
    return CheckResult.BLOCK if value < block else CheckResult.WARN if value < warn else CheckResult.PASS


def rate_result(value: float, interval: Interval, *, block: float, warn: float) -> CheckResult:
    """For rates where less is better.

    Blocks if the whole interval is beyond the limit; undecided if only the value is, which more rows can resolve.
    """
    if interval[0] > block:
        return CheckResult.BLOCK
    if value > block:
        return CheckResult.UNDECIDED
    return CheckResult.WARN if value > warn else CheckResult.PASS


def skipped(name: str, evidence: Evidence, why: str) -> Check:
    """For a check without data, which never counts as a pass. The reason is the grader's early failure, if any."""
    return Check(name=name, result=CheckResult.SKIPPED, detail=evidence.stop_reason or why)


def worst_examples(blames: Iterable[Offender]) -> tuple[CheckExample, ...]:
    """The three worst rows, without duplicates."""
    found: dict[str, CheckExample] = {}
    for _, task_id, detail in sorted(blames, key=lambda blame: (-blame[0], blame[1])):
        found.setdefault(task_id, CheckExample(task_id=task_id, detail=detail))
    return tuple(found.values())[:EXAMPLES]


def reasons(errors: Iterable[Scored]) -> str:
    """The grader's reasons for errors, each once with its count and one row."""
    found = grouped((s.reason or NO_REASON, s.probe.source.row.task_id) for s in errors)
    rest = len(found) - REASONS_SHOWN
    return "; ".join(map(str, found[:REASONS_SHOWN])) + (f"; and {rest} more reasons" if rest > 0 else "")


def distinct(reasons: Iterable[str]) -> str:
    """The most frequent reasons, each once."""
    counted = Counter(reasons)
    shown = "; ".join(reason for reason, _ in counted.most_common(REASONS_SHOWN))
    rest = len(counted) - REASONS_SHOWN
    return shown + (f"; and {rest} more reasons" if rest > 0 else "")
