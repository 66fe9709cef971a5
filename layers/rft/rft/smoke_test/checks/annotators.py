"""Whether the grader sees what people see."""

from __future__ import annotations

from rft.contracts.agreement import HumanAgreement
from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks.result import skipped, worst_examples
from rft.smoke_test.evidence import Evidence

MIN_ROWS = 20
"""On fewer rows chance decides: at 10, one in five judges that agree on every row would not clear the baseline."""


def human_agreement(evidence: Evidence, thresholds: Thresholds) -> Check:
    """The verdict that earns most on each row agrees with the annotators' majority, better than length alone would.

    A row on which the best two verdicts tie counts as a disagreement.
    """
    found = evidence.agreement
    if found is None:
        return skipped("human_agreement", evidence, "the rows hold no people's verdicts on two responses")
    figures, longer = found.majority.unparsable_as_wrong, found.longer_wins.kappa
    if figures.kappa is None or figures.kappa_interval is None or longer is None:
        return skipped("human_agreement", evidence, "all sampled rows have the same verdict, so chance explains all")
    low, kappa = figures.kappa_interval[0], figures.kappa
    told = (
        f"κ {kappa:.2f} (95% CI from {low:.2f}) against annotators on {figures.n} rows; length baseline κ {longer:.2f}"
    )
    if figures.n < MIN_ROWS:
        return skipped("human_agreement", evidence, f"{told}; it takes {MIN_ROWS} rows to tell")
    result = CheckResult.WARN if kappa < thresholds.agreement_warn else CheckResult.PASS
    return Check(
        name="human_agreement",
        result=CheckResult.BLOCK if low <= longer else result,
        detail=told,
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
                f"people say {evidence.comparisons[row].label}, not {verdict}",
            )
            for row, verdict in evidence.preferences.items()
            if verdict != evidence.comparisons[row].label
        ),
    )


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
