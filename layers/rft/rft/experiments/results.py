"""Reads the evaluations of an experiment's arms. Takes ports."""

from __future__ import annotations

from collections.abc import Iterator

from rft.contracts.evaluation import EvaluationReport
from rft.contracts.experiments.record import ExperimentRecord, Leaderboard
from rft.contracts.ledger import RunRecord
from rft.experiments.leaderboard import ArmScore, RowValue, leaderboard, mean_score
from rft.experiments.progress import Runs
from rft.ports.storage import ObjectStore

WIDTH_OF_95 = 2 * 1.959964
"""Width of a 95 % interval in standard errors, under a normal approximation."""


def rank_arms(record: ExperimentRecord, runs: Runs, store: ObjectStore) -> Leaderboard:
    """The leaderboard of all arms that were evaluated. Raises DatasetNotFound and the Retryable… errors."""
    found = list(_scores(record, runs, store))
    started = sum(arm.status != "planned" and arm.run_id in runs for arm in record.arms)
    simulated = any(run.evaluation is not None and run.evaluation.simulated for run in runs.values())
    board = leaderboard(found, record.request.objective, started)
    return board.model_copy(update={"simulated": simulated})


def _scores(record: ExperimentRecord, runs: Runs, store: ObjectStore) -> Iterator[ArmScore]:
    for arm in record.arms:
        run = runs.get(arm.run_id)
        report = _report(run, store) if run is not None else None
        if report is None:
            continue
        score = _kappa(arm.name, report) if record.request.objective == "kappa" else _gain(arm.name, report)
        if score is not None:
            yield score


def _report(run: RunRecord, store: ObjectStore) -> EvaluationReport | None:
    evaluation = run.evaluation
    if evaluation is None or evaluation.status != "completed" or evaluation.report_uri is None:
        return None
    return EvaluationReport.model_validate_json(store.get_bytes(evaluation.report_uri))


def _gain(name: str, report: EvaluationReport) -> ArmScore | None:
    rows = {row.row_id: RowValue(row.group, row.tuned_score - row.base_score) for row in report.rows}
    return mean_score(name, rows) if rows else None


def _kappa(name: str, report: EvaluationReport) -> ArmScore | None:
    """κ of the tuned model with the annotators' majority; None for a task without annotators."""
    tuned = (report.agreement or {}).get("tuned")
    if tuned is None or tuned.majority.kappa is None:
        return None
    interval = tuned.majority.kappa_interval
    error = (interval[1] - interval[0]) / WIDTH_OF_95 if interval else None
    return ArmScore(name, tuned.majority.kappa, error, None, {})
