"""What a run takes up of the earlier run that it begins from. Pure."""

from __future__ import annotations

from typing import Any

from rft.contracts.dataset import Recommendation, split_uri
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import HyperParameters, RunRequest
from rft.contracts.steps import PreparedDataset, StartPoint
from rft.errors import InvalidRequest

SHARED = ("base_model", "dataset", "grader", "hyperparameters")
"""Parts of a request that must be the earlier run's: they say what the model was trained on, and how it is scored."""

FIELD = "start_from.run_id"


def check_start(request: RunRequest, earlier: RunRecord) -> None:
    """Raises InvalidRequest where the earlier run has no model, or this request does not fit it."""
    if earlier.status is not RunStatus.COMPLETED or earlier.model_arn is None:
        raise InvalidRequest(f"{earlier.run_id} is {earlier.status} and has no model to begin with", field=FIELD)
    other = [name for name in SHARED if getattr(request, name) != getattr(earlier.request, name)]
    if other:
        raise InvalidRequest(f"{', '.join(other)} must be as in the request of {earlier.run_id}", field=FIELD)
    if request.start_from is None or request.start_from.stage != "promotion" or request.promotion is None:
        return
    verdict = earlier.evaluation.verdict if earlier.evaluation else None
    if verdict != "better" and request.promotion.when != "always":
        why = f"the verdict of {earlier.run_id} is {verdict or 'unknown'}; only promotion.when always promotes it"
        raise InvalidRequest(why, field="promotion.when")


def start_point(request: RunRequest, earlier: RunRecord) -> StartPoint | None:
    """What the execution begins with; None for a whole run."""
    dataset = earlier.dataset
    if request.start_from is None or dataset is None or earlier.grader_arn is None:
        return None
    folder = dataset.manifest_uri.rpartition("/")[0]
    return StartPoint(
        stage=request.start_from.stage,
        dataset=PreparedDataset(
            manifest_uri=dataset.manifest_uri,
            digest=dataset.digest,
            train_uri=split_uri(folder, "train", dataset.rows["train"]),
            validation_uri=split_uri(folder, "validation", dataset.rows["validation"]),
            train_rows=dataset.rows["train"],
            validation_rows=dataset.rows["validation"],
            hyperparameters=_chosen(earlier.hyperparameters or {}),
        ),
        grader_arn=earlier.grader_arn,
    )


def taken_up(request: RunRequest, earlier: RunRecord) -> dict[str, Any]:
    """Fields of the earlier run's record that hold for this run, too; the evaluation only where none is made anew."""
    fields = ("dataset", "hyperparameters", "grader_arn", "grader_code_sha256", "model_arn", "smoke_test")
    promotes = request.start_from is not None and request.start_from.stage == "promotion"
    return {name: getattr(earlier, name) for name in (*fields, *(("evaluation",) if promotes else ()))}


def _chosen(hyperparameters: dict[str, Recommendation]) -> HyperParameters:
    return HyperParameters.model_validate({name: each.value for name, each in hyperparameters.items()})
