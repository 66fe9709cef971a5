"""deploy_judge: deploys an earlier run's model as this run's judge, under a deployment of its own."""

from __future__ import annotations

from rft.contracts.deployments import JudgeSummary
from rft.contracts.evaluation import EvaluationReport
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.errors import JudgeNotAdmitted, RunNotFound
from rft.evaluation.deployment import judge_deployment, judge_tags
from rft.evaluation.judge_admission import judge_evidence
from rft.grading.run_rubrics import config_key, run_config
from rft.observability import logger
from rft.ports.models import DeploymentRecords, ModelDeployments
from rft.ports.runs import Ledger
from rft.ports.storage import Clock, ObjectStore

OF_RUN = "run:"


def deploy_judge(
    *,
    run_id: str,
    request: RunRequest,
    stack_name: str,
    deployments: ModelDeployments,
    records: DeploymentRecords,
    ledger: Ledger,
    store: ObjectStore,
    clock: Clock,
) -> None:
    """Deploys the judge's model under a name specific to this run and records it in `runs/<run_id>/grader.json`.

    Raises JudgeNotAdmitted, DeploymentRefused, TransitionRefused, RunNotFound and the Retryable… errors.
    """
    run = ledger.transition(run_id, RunStatus.PREPARING)
    if request.grader is None or request.grader.judge is None:
        raise JudgeNotAdmitted("grader.judge is not set")
    model_arn, trained = _model(request.grader.judge, deployments, records, ledger)
    evidence = judge_evidence(_report(trained, store))
    if evidence.problem and not request.grader.force:
        raise JudgeNotAdmitted(f"{request.grader.judge}: {evidence.problem}; set grader.force to use it anyway")
    # A retry uses the model recorded by the first attempt, so the judge never changes during a run.
    pinned = run.judge.model_arn if run.judge else model_arn
    tags = judge_tags(run_id, stack_name)
    arn = deployments.create(judge_deployment(run_id), pinned, tags=tags, token=f"{run_id}-judge")
    store.put_bytes(store.uri(config_key(run_id)), run_config(request, judge=arn))
    summary = JudgeSummary(
        source=request.grader.judge,
        model_arn=pinned,
        deployment_arn=arn,
        requested_at=clock.now(),
        kappa=evidence.kappa,
        kappa_interval=evidence.kappa_interval,
        replaced_kappa=evidence.replaced_kappa,
    )
    ledger.update(run_id, {"judge": summary})
    logger().info("judge is being deployed", deployment_arn=arn)


def _model(
    judge: str, deployments: ModelDeployments, records: DeploymentRecords, ledger: Ledger
) -> tuple[str, RunRecord | None]:
    """The judge's model, and the run that trained it, if the ledger has one."""
    if judge.startswith(OF_RUN):
        trained = _run(judge.removeprefix(OF_RUN), ledger)
        if trained is None or trained.model_arn is None:
            raise JudgeNotAdmitted(f"{judge} has no model")
        return trained.model_arn, trained
    live = deployments.find(judge)
    if live is None:
        raise JudgeNotAdmitted(f"deployment {judge} not found")
    changes = records.get(live.name).changes
    run_id = next((change.run_id for change in reversed(changes) if change.model_arn == live.serving), None)
    return live.serving, _run(run_id, ledger) if run_id else None


def _run(run_id: str, ledger: Ledger) -> RunRecord | None:
    try:
        return ledger.get(run_id)
    except RunNotFound:
        return None


def _report(run: RunRecord | None, store: ObjectStore) -> EvaluationReport | None:
    uri = run.evaluation.report_uri if run and run.evaluation else None
    return EvaluationReport.model_validate_json(store.get_bytes(uri)) if uri else None
