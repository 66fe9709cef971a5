"""deploy_model: deploys the trained model for its evaluation. Idempotent."""

from __future__ import annotations

import math

from rft.contracts.dataset import Manifest
from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import DeployedModel, PreparedDataset
from rft.errors import DeploymentRefused
from rft.evaluation.choice import row_limit
from rft.evaluation.deployment import evaluation_tags
from rft.evaluation.split_rows import parts
from rft.forecast.remaining import calls_per_answer, judge_calls_made
from rft.observability import logger
from rft.ports.models import ModelDeployments
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore


def deploy_model(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    stack_name: str,
    deployments: ModelDeployments,
    ledger: Ledger,
    store: ObjectStore,
) -> DeployedModel:
    """Creates the run's deployment, named after the run, and partitions the test split without reading its rows.

    Without a test split or enough remaining judge calls, it does nothing and records why. Raises DeploymentRefused,
    DatasetNotFound, TransitionRefused, RunNotFound and the Retryable… errors.
    """
    record = ledger.transition(run_id, RunStatus.EVALUATING)
    manifest = Manifest.model_validate_json(store.get_bytes(dataset.manifest_uri))
    rows = manifest.files["test"].rows if "test" in manifest.files else 0
    if rows == 0:
        reason = "the dataset has no test split: dataset.split.test is 0, or it has too few rows"
        ledger.update(run_id, {"evaluation": EvaluationSummary(status="skipped", reason=reason)})
        return DeployedModel(deployment_arn=None)
    if reason := _over_judge_calls(request, record, rows):
        ledger.update(run_id, {"evaluation": EvaluationSummary(status="skipped", reason=reason)})
        return DeployedModel(deployment_arn=None)
    if record.model_arn is None:
        raise DeploymentRefused("the job produced no model to deploy")
    arn = deployments.create(run_id, record.model_arn, tags=evaluation_tags(run_id, stack_name), token=run_id)
    ledger.update(run_id, {"evaluation": EvaluationSummary(status="running", deployment_arn=arn)})
    logger().info("model is being deployed", deployment_arn=arn)
    return DeployedModel(deployment_arn=arn, parts=parts(request, rows))


def _over_judge_calls(request: RunRequest, record: RunRecord, test_rows: int) -> str:
    """Why `max_judge_calls` does not permit grading both models' answers; '' if it does."""
    allowed, requested = request.max_judge_calls, request.evaluation
    graders = 2 if requested.audit_judge else 1
    answers = 2 * min(test_rows, row_limit(requested)) * requested.samples_per_row * graders
    made, most = judge_calls_made(record), math.ceil(answers * calls_per_answer(record))
    if allowed is None or not most or made + most <= allowed:
        return ""
    return f"max_judge_calls is {allowed:,}: {made:,} calls were made, and the evaluation may take {most:,}"
