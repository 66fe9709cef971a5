"""Checks that the grader replies in the required form, its judge is up, and enough rows were scored. Pure."""

from __future__ import annotations

from collections import Counter

from rft.contracts.checks import Check, CheckResult
from rft.contracts.grading import GRADER_ERROR
from rft.contracts.score_range import UNIT
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import distinct, reasons, skipped, worst_examples
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import LONG
from rft.smoke_test.probes import RIGHT, SWAPPED, WRONG
from rft.smoke_test.replies import JUDGE_CALLED, NO_REASON, Scored
from rft.smoke_test.shapes import SHAPES
from rft.smoke_test.statistics import smallest_rate, wilson


def contract(evidence: Evidence, _thresholds: Thresholds) -> Check:
    """One finite score in 0..1 for every answer, under its id, in the order sent, in every payload shape."""
    replies = [s for s in evidence.scores if s.trial != LONG]
    breaches = [s for s in replies if s.breach is not None]
    n, bad = len(replies), len(breaches)
    low, high = evidence.bounds
    mapped = "" if evidence.bounds == UNIT else ", mapped to 0 to 1 for all figures here"
    detail = f"each of {n} answers got one score from {low:g} to {high:g}, in order{mapped}"
    if breaches:
        detail = f"{bad} of {n} answers got no valid result: {distinct(map(_breach, breaches))}"
    return Check(
        name="contract",
        result=CheckResult.BLOCK if breaches else CheckResult.PASS,
        detail=detail,
        n=n,
        statistic="rate of answers without a valid result",
        value=bad / n if n else 0,
        interval=wilson(bad, n),
        comparison="<=",
        unit="%",
        limit=0,
        worst_examples=worst_examples((1.0, s.probe.source.row.task_id, _breach(s)) for s in breaches),
    )


def liveness(evidence: Evidence, thresholds: Thresholds) -> Check:
    """Few results report an error of the grader, and a judge-based grader reports judge calls.

    A judge that is down must not look like a low score. The interval of the rate decides, so one error in a thousand
    passes.
    """
    replies = [s for s in evidence.scores if s.breach is None]
    if not replies:
        return skipped("liveness", evidence, "the grader gave no valid result")
    errors = [s for s in replies if s.errored]
    n, silent = len(replies), _never_called(evidence)
    detail = f"no {GRADER_ERROR} on {n} answers"
    if silent:
        detail = "the grader's metric judge_called is 0 for every right answer"
    interval = wilson(len(errors), n)
    result = CheckResult.BLOCK if silent or interval[0] > thresholds.liveness_block else CheckResult.PASS
    if errors:
        result = CheckResult.BLOCK if result == CheckResult.BLOCK else CheckResult.WARN
        detail = f"the grader reported {GRADER_ERROR} on {len(errors)} of {n} answers: {reasons(errors)}"
    return Check(
        name="liveness",
        result=result,
        detail=detail,
        n=n,
        statistic=f"rate of {GRADER_ERROR}",
        value=len(errors) / n,
        interval=interval,
        smallest_rate=smallest_rate(n),
        comparison="<=",
        unit="%",
        limit=thresholds.liveness_block,
        warn_limit=0,
        worst_examples=worst_examples(
            (1.0, s.probe.source.row.task_id, f"{s.probe.kind}: {s.reason or NO_REASON}") for s in errors
        ),
    )


def sample(evidence: Evidence, _thresholds: Thresholds) -> Check:
    """As many rows with right and wrong answers as requested; fewer give weaker evidence."""
    if not evidence.swept:
        return skipped("sample", evidence, "no row's answers were sent to the grader")
    found = Counter(row[0].probe.source.split for row in evidence.rows if _complete(row))
    short = any(found[split] < n for split, n in evidence.requested.items())
    counts = " and ".join(f"{found[split]} of {n} {split} rows" for split, n in evidence.requested.items())
    return Check(
        name="sample",
        result=CheckResult.WARN if short else CheckResult.PASS,
        detail=f"{counts} have right and wrong answers" + ("; the dataset has no more" if short else ""),
        n=found.total(),
        statistic="rows with right and wrong answers",
        value=found.total(),
        comparison=">=",
        warn_limit=sum(evidence.requested.values()),
    )


def _breach(scored: Scored) -> str:
    shape = f" (payload shape: {scored.trial})" if scored.trial in SHAPES else ""
    return f"{scored.breach}{shape}"


def _never_called(evidence: Evidence) -> bool:
    calls = [s.judge[JUDGE_CALLED] for s in evidence.scores if s.probe.right and JUDGE_CALLED in s.judge]
    return bool(calls) and not any(calls)


def _complete(row: list[Scored]) -> bool:
    kinds = {scored.probe.kind for scored in row}
    return RIGHT in kinds and bool(kinds & {WRONG, SWAPPED})
