"""Checks the grader's agreement with human annotators. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rft.contracts.agreement import HumanAgreement
from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.agreement import read_verdict
from rft.smoke_test.checks.result import skipped, worst_examples
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.statistics import bootstrap, cohen_kappa

MIN_ROWS = 20
"""Minimum rows. With 10 rows, one in five judges that agree on every row would not clear the baseline by chance."""


ENOUGH_ROWS, NOT_BETTER, RESAMPLES = 100, 0.1, 500
"""From this many rows the point estimate decides; with fewer, the upper end of the paired difference must be < 0.1."""


def human_agreement(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The best-scored verdict of each row agrees with the annotators' majority better than answer length does.

    A row on which the two best verdicts tie counts as a disagreement.
    """
    found = evidence.agreement
    if found is None:
        return skipped("human_agreement", evidence, "the rows contain no human verdicts on two responses")
    figures, longer = found.majority.unparsable_as_wrong, found.longer_wins.kappa
    if figures.kappa is None or figures.kappa_interval is None or longer is None:
        return skipped("human_agreement", evidence, "all sampled rows have the same verdict, so κ is undefined")
    low, kappa = figures.kappa_interval[0], figures.kappa
    detail = (
        f"κ {kappa:.2f} (95% CI from {low:.2f}) against annotators on {figures.n} rows; length baseline κ {longer:.2f}"
    )
    if figures.n < MIN_ROWS:
        return skipped("human_agreement", evidence, f"{detail}; it takes {MIN_ROWS} rows to tell")
    result = CheckResult.WARN if kappa < thresholds.agreement_warn else CheckResult.PASS
    return Check(
        name="human_agreement",
        result=_against_length(evidence, kappa - longer) or result,
        detail=detail,
        n=figures.n,
        statistic="Cohen's kappa with the annotators' majority",
        value=kappa,
        interval=figures.kappa_interval,
        comparison=">=",
        limit=longer,
        warn_limit=thresholds.agreement_warn,
        parts=_parts(found),
        worst_examples=worst_examples(
            (
                1.0,
                evidence.comparisons[row].mirrored.task_id,
                f"annotators: {evidence.comparisons[row].label}, grader: {verdict}",
            )
            for row, verdict in evidence.preferences.items()
            if verdict != evidence.comparisons[row].label
        ),
    )


def _against_length(evidence: Evidence, better: float) -> CheckResult | None:
    """Whether the grader agrees with annotators more than length does, on the same rows; None if it surely does.

    With 40 rows, chance changes the difference by up to 0.3, so an unproven difference warns and does not block.
    """
    rows = [
        (compared.label, read_verdict(verdict), read_verdict(compared.longer))
        for row, verdict in evidence.preferences.items()
        for compared in [evidence.comparisons[row]]
    ]

    def difference(drawn: Sequence[tuple[str, str | None, str | None]]) -> float | None:
        own, length = (cohen_kappa([(row[0], row[at]) for row in drawn]) for at in (1, 2))
        return None if own is None or length is None else own - length

    low, high = bootstrap(rows, difference, resamples=RESAMPLES) or (0.0, 0.0)
    if better <= 0:
        surely = high < NOT_BETTER or len(rows) >= ENOUGH_ROWS
        return CheckResult.BLOCK if surely else CheckResult.UNDECIDED
    return CheckResult.WARN if low <= 0 else None


def _parts(found: HumanAgreement) -> tuple[CheckPart, ...]:
    named = {
        **{f"annotator {n}": each for n, each in enumerate(found.annotators, 1)},
        "longer answer wins": found.longer_wins,
        "always second": found.always_second,
    }
    figures = {name: each.unparsable_as_wrong for name, each in named.items()}
    return tuple(
        CheckPart(name=name, n=each.n, value=each.kappa, interval=each.kappa_interval)
        for name, each in figures.items()
        if each.kappa is not None
    )
