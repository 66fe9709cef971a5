"""Whether a trained model may judge: it must agree with people better than the model that it was trained from. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rft.contracts.agreement import Agreement, Interval
from rft.contracts.evaluation import EvaluationReport


@dataclass(frozen=True)
class JudgeEvidence:
    """The agreement with the majority of annotators in the judge's evaluation; None without one."""

    kappa: float | None = None
    kappa_interval: Interval | None = None
    replaced_kappa: float | None = None

    @property
    def problem(self) -> str:
        """Why it may not judge; '' where it may."""
        if self.kappa_interval is None or self.replaced_kappa is None:
            return "no evaluation of it has a kappa against annotators"
        low = self.kappa_interval[0]
        if low > self.replaced_kappa:
            return ""
        base = f"{self.replaced_kappa:.3f} of its base"
        return f"the lower end of its kappa is {low:.3f} (95 %), which does not exceed the {base}"


def judge_evidence(report: EvaluationReport | None) -> JudgeEvidence:
    """From the evaluation of the run that trained the judge."""
    agreement = report.agreement if report else None
    if agreement is None:
        return JudgeEvidence()
    tuned: Agreement = agreement["tuned"].majority
    return JudgeEvidence(tuned.kappa, tuned.kappa_interval, agreement["base"].majority.kappa)
