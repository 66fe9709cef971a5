"""compare_models: compares the trained model with the base model on the rows that both have answered."""

from __future__ import annotations

from collections.abc import Sequence

from rft.contracts.deployments import PromotionSummary
from rft.contracts.evaluation import (
    AuditSummary,
    EvaluationReport,
    EvaluationSummary,
    ModelName,
    ProtocolSummary,
    RoundComparison,
)
from rft.contracts.measuring_request import PromotionRequest
from rft.contracts.run_request import RunRequest
from rft.contracts.sampling import Answer, AnswerGrade
from rft.contracts.steps import ModelComparison, PreparedDataset
from rft.errors import EvaluationFailed
from rft.evaluation.compare import ModelRollouts, audit_summary, evaluation_report
from rft.evaluation.protocol import EVALUATION_TEMPERATURE, sampling_protocol, unmatched_settings
from rft.evaluation.rollouts import RolloutStore, audit_store, check_chunk, in_chunks, with_grades
from rft.evaluation.sampling import Prompt
from rft.evaluation.split_rows import EvaluationRows, evaluation_rows
from rft.observability import logger
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.rounds.comparison import compare_rounds


def compare_models(
    *, run_id: str, request: RunRequest, dataset: PreparedDataset, ledger: Ledger, store: ObjectStore
) -> ModelComparison:
    """Writes `runs/<run_id>/evaluation.json` and records its summary.

    Raises EvaluationFailed, StalePlan, DatasetNotFound, TransitionRefused, RunNotFound and the Retryable… errors.
    """
    chosen = evaluation_rows(request, dataset, store)
    base, base_calls = _rollouts("base", run_id, chosen.prompts, store)
    tuned, tuned_calls = _rollouts("tuned", run_id, chosen.prompts, store)
    report = evaluation_report(
        run_id=run_id,
        rows=chosen.rows,
        base=base,
        tuned=tuned,
        protocol=_protocol(request, dataset, chosen),
        minimum_gain=request.evaluation.minimum_gain,
        uri=store.uri(f"runs/{run_id}/evaluation.json"),
    )
    audit, audit_calls = _audit(run_id, request, chosen, report.summary, store)
    changes = {
        "audit": audit,
        "judge_calls": base_calls + tuned_calls + audit_calls,
        "previous": _round_before(request, report, ledger, store),
    }
    report = report.model_copy(update={"summary": report.summary.model_copy(update=changes)})
    return _recorded(report, request.promotion, ledger, store)


def _round_before(
    request: RunRequest, report: EvaluationReport, ledger: Ledger, store: ObjectStore
) -> RoundComparison | None:
    """Comparison with the previous round; None for a run that follows no other."""
    if request.from_run is None:
        return None
    return compare_rounds(report, ledger.get(report.run_id), ledger.get(request.from_run.run_id), store)


def _audit(
    run_id: str, request: RunRequest, chosen: EvaluationRows, summary: EvaluationSummary, store: ObjectStore
) -> tuple[AuditSummary | None, int]:
    """Summary of the audit judge's scores, and its calls; None if no audit is requested."""
    judge = request.evaluation.audit_judge
    if judge is None:
        return None, 0
    base, base_calls = _rollouts("base", run_id, chosen.prompts, store, audit=True)
    tuned, tuned_calls = _rollouts("tuned", run_id, chosen.prompts, store, audit=True)
    found = audit_summary(
        judge,
        chosen.rows,
        {"base": base, "tuned": tuned},
        minimum_gain=request.evaluation.minimum_gain,
        verdict_of_run=summary.verdict,
    )
    return found, base_calls + tuned_calls


def _recorded(
    report: EvaluationReport, promotion: PromotionRequest | None, ledger: Ledger, store: ObjectStore
) -> ModelComparison:
    summary = report.summary
    store.put_bytes(str(summary.report_uri), report.model_dump_json(indent=2).encode())
    promoted = promotion is not None and (promotion.when == "always" or summary.verdict == "better")
    changes: dict[str, EvaluationSummary | PromotionSummary] = {"evaluation": summary}
    if promotion is not None and not promoted:
        reason = f"the verdict is {summary.verdict}, but promotion.when is better"
        changes["promotion"] = PromotionSummary(status="skipped", deployment=promotion.deployment, reason=reason)
    ledger.update(report.run_id, changes)
    logger().info("models compared", verdict=summary.verdict, rows=summary.rows, difference=summary.difference)
    if summary.verdict is None:
        raise EvaluationFailed("there is no verdict")
    return ModelComparison(verdict=summary.verdict, promoted=promoted)


def _protocol(request: RunRequest, dataset: PreparedDataset, chosen: EvaluationRows) -> ProtocolSummary:
    protocol = sampling_protocol(dataset.hyperparameters, temperature=EVALUATION_TEMPERATURE)
    return ProtocolSummary(
        digest=protocol.digest,
        settings=protocol,
        samples_per_row=request.evaluation.samples_per_row,
        rows_digest=chosen.digest,
        unmatched=unmatched_settings(protocol, dataset.hyperparameters),
    )


def _rollouts(
    model: ModelName, run_id: str, prompts: Sequence[Prompt], store: ObjectStore, *, audit: bool = False
) -> tuple[ModelRollouts, int]:
    """A model's answers with the scores of the grader or the audit judge, and the number of judge calls."""
    stored = RolloutStore(store, run_id, "evaluation", model)
    scores = audit_store(stored) if audit else stored
    graded: list[tuple[Answer, AnswerGrade]] = []
    model_id, judge_calls = "", 0
    for number, chunk_prompts in enumerate(in_chunks(prompts)):
        answers, grades = stored.answers(number), scores.grades(number)
        if answers is None or grades is None:
            raise EvaluationFailed(f"chunk {number} of the {model} model's answers is missing")
        check_chunk(number, answers, chunk_prompts)
        model_id = answers.model_id
        graded += with_grades(answers, grades)
        judge_calls += grades.judge_calls
    rollouts = ModelRollouts(
        model_id=model_id,
        graded=[(answer, grade) for answer, grade in graded if not answer.mirrored],
        mirrored=[answer for answer, _ in graded if answer.mirrored],
    )
    return rollouts, judge_calls
