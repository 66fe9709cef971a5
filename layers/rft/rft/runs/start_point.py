"""Reuse of an earlier run's results. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rft.contracts.dataset import Recommendation, split_uri
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import HyperParameters, RunRequest
from rft.contracts.steps import PreparedDataset, StartPoint
from rft.errors import InvalidRequest
from rft.grading.grader_arn import is_pinned
from rft.runs.status import TERMINAL

SHARED = ("base_model", "dataset", "grader", "hyperparameters")
"""Request sections that must equal the earlier run's if its model is reused: data and scoring."""

SHARED_BY_TRAINING = ("base_model", "dataset", "grader", "smoke_test")
"""Sections that must be equal if only rows and grader are reused: they determine the rows and the smoke test."""

SHARED_BY_SMOKE_TEST = ("base_model", "dataset")
"""Sections that must be equal if only rows are reused; the grader may differ."""

FIELD = "start_from.run_id"


def check_start(request: RunRequest, earlier: RunRecord) -> None:
    """Raises InvalidRequest if the earlier run lacks the required results, or this request does not match it."""
    if request.start_from is not None and request.start_from.stage in ("smoke_test", "training"):
        _check_rows(request, earlier)
        if request.start_from.stage == "training":
            _check_training(request, earlier)
        return
    if earlier.status is not RunStatus.COMPLETED or earlier.model_arn is None:
        raise InvalidRequest(f"{earlier.run_id} is {earlier.status} and has no model to reuse", field=FIELD)
    _check_shared(SHARED, request, earlier)
    if request.start_from is None or request.start_from.stage != "promotion" or request.promotion is None:
        return
    verdict = earlier.evaluation.verdict if earlier.evaluation else None
    if verdict != "better" and request.promotion.when != "always":
        why = f"the verdict of {earlier.run_id} is {verdict or 'unknown'}; only promotion.when always promotes it"
        raise InvalidRequest(why, field="promotion.when")


def _check_rows(request: RunRequest, earlier: RunRecord) -> None:
    if earlier.status not in TERMINAL or earlier.dataset is None:
        why = f"{earlier.run_id} is {earlier.status} and has no prepared rows to reuse"
        raise InvalidRequest(why, field=FIELD)
    _check_shared(SHARED_BY_SMOKE_TEST, _with_version(request, earlier), earlier)
    before, now = (each.hyperparameters.model_dump(exclude_none=True) for each in (earlier.request, request))
    if dropped := sorted(before.keys() - now.keys()):
        why = f"hyperparameters.{', '.join(dropped)} must be given, as in the request of {earlier.run_id}"
        raise InvalidRequest(why, field=FIELD)


def _with_version(request: RunRequest, earlier: RunRecord) -> RunRequest:
    """The request with the earlier one's dataset version, if it sets none."""
    if request.dataset.version not in (None, earlier.request.dataset.version):
        return request
    pinned = request.dataset.model_copy(update={"version": earlier.request.dataset.version})
    return request.model_copy(update={"dataset": pinned})


def _check_training(request: RunRequest, earlier: RunRecord) -> None:
    """Requires that the earlier run's grader is trusted, is a published version, and is the requested one."""
    if earlier.grader_arn is None or earlier.smoke_test is None or not earlier.smoke_test.trusted:
        why = f"{earlier.run_id} is {earlier.status} and has no trusted grader to reuse; use stage smoke_test"
        raise InvalidRequest(why, field=FIELD)
    if not is_pinned(earlier.grader_arn):
        why = f"the grader of {earlier.run_id} has no versions, so its code may have changed; use stage smoke_test"
        raise InvalidRequest(why, field=FIELD)
    _check_shared(SHARED_BY_TRAINING, _with_version(request, earlier), earlier)


def _check_shared(names: Sequence[str], request: RunRequest, earlier: RunRecord) -> None:
    other = [name for name in names if getattr(request, name) != getattr(earlier.request, name)]
    if other:
        raise InvalidRequest(f"{', '.join(other)} must be as in the request of {earlier.run_id}", field=FIELD)


def start_point(request: RunRequest, earlier: RunRecord) -> StartPoint | None:
    """The execution's start point; None for a run with all stages."""
    dataset = earlier.dataset
    if request.start_from is None or dataset is None:
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
        grader_arn=earlier.grader_arn or "",
        calibrated=request.start_from.stage == "training" and _calibrated(request, earlier),
    )


def taken_up(request: RunRequest, earlier: RunRecord) -> dict[str, Any]:
    """Fields of the earlier run's record that are reused; `evaluation` only if no new one is made."""
    if request.start_from is not None and request.start_from.stage == "smoke_test":
        return {"dataset_checks": earlier.dataset_checks}
    if request.start_from is not None and request.start_from.stage == "training":
        same = ("grader_arn", "grader_code_sha256", "smoke_test", "dataset_checks")
        return {name: getattr(earlier, name) for name in (*same, *(("calibration",) * _calibrated(request, earlier)))}
    fields = ("dataset", "hyperparameters", "grader_arn", "grader_code_sha256", "model_arn", "smoke_test")
    promotes = request.start_from is not None and request.start_from.stage == "promotion"
    return {name: getattr(earlier, name) for name in (*fields, *(("evaluation",) if promotes else ()))}


SAMPLED_BY = ("inferenceMaxTokens", "reasoningEffort")
"""Hyperparameters that affect the base model's answers in a calibration."""


def _calibrated(request: RunRequest, earlier: RunRecord) -> bool:
    """Whether the earlier run's calibration is valid for this run: same rows, grader and sampling."""
    done = earlier.calibration is not None and earlier.calibration.status == "completed"
    # Repeated if it ended its run, so that it ends this run as well unless the request accepts its result.
    if earlier.failure is not None and earlier.failure.error == "NothingToLearn":
        return False
    alike = all(
        getattr(request.hyperparameters, name) == getattr(earlier.request.hyperparameters, name) for name in SAMPLED_BY
    )
    return done and alike and request.calibration == earlier.request.calibration


def _chosen(hyperparameters: dict[str, Recommendation]) -> HyperParameters:
    return HyperParameters.model_validate({name: each.value for name, each in hyperparameters.items()})
