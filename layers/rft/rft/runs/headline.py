"""A run's result in one sentence. Pure."""

from __future__ import annotations

from rft.contracts.evaluation import EvaluationSummary, Verdict
from rft.contracts.http.report import Headline, Tone
from rft.contracts.ledger import Failure, RunRecord, RunStatus

VERDICTS: dict[Verdict, tuple[str, Tone]] = {
    "better": ("The trained model scores higher than the base model", "good"),
    "worse": ("The trained model scores lower than the base model", "bad"),
    "no_difference_shown": ("The trained model shows no difference from the base model", "neutral"),
    "underpowered": ("The test rows are too few to tell the trained model from the base model", "neutral"),
}
MAX_CAUSE = 300
NOT_TRUSTED = "GraderNotTrusted"


def headline(record: RunRecord) -> Headline:
    if record.status is RunStatus.COMPLETED:
        return _completed(record)
    failure = record.failure
    why = f": {_why(record, failure)}" if failure else ""
    stage = f" in {failure.stage}" if failure else ""
    sentences = {
        RunStatus.FAILED: f"The run failed{stage}{why}",
        RunStatus.REJECTED: f"The run was rejected before training{why}",
        RunStatus.CANCELLED: f"The run was cancelled{stage}{why}",
    }
    sentence = sentences.get(record.status, f"The run is {record.status}")
    return Headline(sentence=_stopped(sentence), tone="bad" if record.status is not RunStatus.CANCELLED else "neutral")


def _why(record: RunRecord, failure: Failure) -> str:
    reasons = record.smoke_test.reasons if record.smoke_test and failure.error == NOT_TRUSTED else ()
    if len(reasons) > 1:
        more = len(reasons) - 1
        # A grader that is not trusted may have dozens of reasons.
        return f"{_first_line(reasons[0])} (and {more} more {'reason' if more == 1 else 'reasons'})"
    return _first_line(failure.cause) or failure.error


def _completed(record: RunRecord) -> Headline:
    if record.model_arn is None and record.job is None:
        sentence = "The preflight run passed: dataset and grader were validated, and no training job was started."
        return Headline(sentence=sentence, tone="good")
    evaluation = record.evaluation
    if evaluation is None:
        return Headline(sentence="The model was trained and not evaluated.", tone="neutral")
    if evaluation.verdict is None:
        why = f": {_first_line(evaluation.reason)}" if evaluation.reason else ""
        sentence = f"The model was trained; its evaluation was {evaluation.status}{why}"
        return Headline(sentence=_stopped(sentence.replace("was failed", "failed")), tone="neutral")
    opening, tone = VERDICTS[evaluation.verdict]
    return Headline(sentence=f"{opening}: {_figures(evaluation)}.", tone=tone)


def _figures(evaluation: EvaluationSummary) -> str:
    if evaluation.base is None or evaluation.tuned is None or evaluation.difference is None:
        return f"{evaluation.rows} test rows"
    interval = evaluation.interval
    sure = f", 95 % interval {interval[0]:+.3f} to {interval[1]:+.3f}" if interval else ", without an interval"
    simulated = ", simulated" if evaluation.simulated else ""
    return (
        f"{evaluation.tuned:.3f} against {evaluation.base:.3f} on {evaluation.rows:,} test rows "
        f"({evaluation.difference:+.3f}{sure}{simulated})"
    )


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].rstrip(":")
    return line if len(line) <= MAX_CAUSE else f"{line[:MAX_CAUSE]}…"


def _stopped(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."
