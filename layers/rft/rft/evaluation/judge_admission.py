"""Admission of a trained judge: it must agree with annotators better than its base model does. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rft.contracts.agreement import Agreement, Interval
from rft.contracts.evaluation import EvaluationReport


@dataclass(frozen=True)
class JudgeEvidence:
    """κ with the annotators' majority, from the judge's evaluation; None without one."""

    kappa: float | None = None
    kappa_interval: Interval | None = None
    replaced_kappa: float | None = None

    @property
    def problem(self) -> str:
        """Why the judge is not admitted; '' if it is."""
        if self.kappa_interval is None or self.replaced_kappa is None:
            return "no evaluation of it has a kappa against annotators"
        low = self.kappa_interval[0]
        if low > self.replaced_kappa:
            return ""
        base = f"{self.replaced_kappa:.3f} of its base"
        return f"the lower end of its kappa is {low:.3f} (95 %), which does not exceed the {base}"


def judge_evidence(report: EvaluationReport | None) -> JudgeEvidence:
    """Evidence from the evaluation of the run that trained the judge."""
    agreement = report.agreement if report else None
    if agreement is None:
        return JudgeEvidence()
    tuned: Agreement = agreement["tuned"].majority
    return JudgeEvidence(tuned.kappa, tuned.kappa_interval, agreement["base"].majority.kappa)
