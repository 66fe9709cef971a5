"""forecast_run: forecasts the run's cost, and compares it with the request's limits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pydantic import ValidationError

from rft.contracts.calibration import UNAPPLIED, CalibrationSummary
from rft.contracts.dataset import Manifest
from rft.contracts.experiments.pilot import FullRunForecast, PilotSummary
from rft.contracts.forecast import Forecast
from rft.contracts.http.validation_messages import validation_messages
from rft.contracts.ledger import RunRecord
from rft.contracts.prices import PriceTable
from rft.contracts.run_request import Mode, RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import ForecastOutcome, PreparedDataset, SmokeTestOutcome
from rft.datasets.prepared import prepared
from rft.errors import InvalidRequest
from rft.evaluation.choice import row_limit
from rft.forecast.estimate import forecast
from rft.forecast.measured_grader import Allowances, GraderFacts
from rft.forecast.measuring import ModelFacts
from rft.forecast.prices import LIST_PRICES
from rft.grading.grader_arn import function_arn
from rft.observability import logger
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.runs.causes import readable_cause
from rft.settings import ForecastSettings

MAX_TABLE_BYTES = 65_536


def forecast_run(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    smoke_test: SmokeTestOutcome,
    graders: Mapping[str, str],
    judge_models: tuple[str, ...],
    base_model_id: str,
    settings: ForecastSettings,
    ledger: Ledger,
    store: ObjectStore,
    calibration_error: str = "",
) -> ForecastOutcome:
    """Records the run's forecast and decides whether the run continues, requires an approval, or ends.

    `graders`: graders deployed here; `judge_models`: their judges' models; `base_model_id`: the model sampled in
    calibration and evaluation; `calibration_error`: why the previous step failed. Raises InvalidRequest (PriceTableUri,
    PriceTable), DatasetNotFound (the smoke test's report), RunNotFound, TransitionRefused and the Retryable… errors.
    """
    uncalibrated = _uncalibrated(run_id, calibration_error, ledger)
    report = SmokeTestReport.model_validate_json(store.get_bytes(smoke_test.report_uri))
    expected = partial(
        forecast,
        request=request,
        report=report,
        grader=GraderFacts(own=_is_own(smoke_test.grader_arn, graders), judge_models=judge_models),
        models=_models(ledger.get(run_id), base_model_id),
        prices=price_table(settings, store),
        allowances=_allowances(settings),
    )
    pilot = {"pilot": _pilot(expected(dataset=_full_dataset(dataset, store)))} if request.mode is Mode.PILOT else {}
    found = expected(dataset=dataset)
    found = found.model_copy(update={"assumptions": (*found.assumptions, *uncalibrated)})
    ledger.update(run_id, {"forecast": found, **pilot})
    logger().info("run forecast", steps=found.steps, over_budget=found.over_budget)
    outcome = _outcome(found, smoke_test.needs_approval)
    needs = (*outcome.needs_approval, *uncalibrated) if outcome.needs_approval else ()
    return outcome.model_copy(update={"needs_approval": needs})


def _models(record: RunRecord, base_model_id: str) -> ModelFacts:
    dataset = record.dataset
    return ModelFacts(
        base_model_id=base_model_id,
        test_rows=min(dataset.rows.get("test", 0), row_limit(record.request.evaluation)) if dataset else 0,
        prompt_tokens=dataset.tokens.mean if dataset else 0.0,
        calibration=record.calibration,
    )


def _pilot(full_run: Forecast) -> PilotSummary:
    return PilotSummary(full_run=FullRunForecast(forecast=full_run))


def _full_dataset(pilot: PreparedDataset, store: ObjectStore) -> PreparedDataset:
    """The full run's input: all rows, with hyperparameters for that number of rows."""
    return prepared(Manifest.model_validate_json(store.get_bytes(pilot.manifest_uri)), pilot.manifest_uri)


def _uncalibrated(run_id: str, error: str, ledger: Ledger) -> tuple[str, ...]:
    """Reason for approval if a requested calibration did not complete; recorded if the step could not record it."""
    if error:
        unapplied = f"; {UNAPPLIED}" if ledger.get(run_id).request.dataset.difficulty else ""
        reason = f"{readable_cause('', error)}{unapplied}"
        ledger.update(run_id, {"calibration": CalibrationSummary(status="failed", reason=reason)})
    calibration = ledger.get(run_id).calibration
    if calibration is None or calibration.status == "completed":
        return ()
    return (f"The base model's own answers are unknown: calibration {calibration.status}: {calibration.reason}",)


def price_table(settings: ForecastSettings, store: ObjectStore) -> PriceTable:
    """Returns the stack's price table, or the list prices if it has none.

    Raises InvalidRequest (PriceTableUri, PriceTable) and the Retryable… errors.
    """
    if settings.price_table:
        return _read_table(settings.price_table.encode(), "the parameter", "PriceTable")
    uri = settings.price_table_uri
    if not uri:
        return LIST_PRICES
    body = store.find_bytes(uri, most=MAX_TABLE_BYTES)
    if body is None:
        raise InvalidRequest(f"price table {uri} not found", field="PriceTableUri")
    return _read_table(body, uri, "PriceTableUri")


def _read_table(body: bytes, source: str, field: str) -> PriceTable:
    try:
        return PriceTable.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(
            f"{source} is not a valid price table: {validation_messages(error, 'table')}", field=field
        ) from error


def _is_own(arn: str, graders: Mapping[str, str]) -> bool:
    """Whether the grader is deployed here, in any version."""
    return function_arn(arn) in {function_arn(each) for each in graders.values()}


def _outcome(found: Forecast, reasons: tuple[str, ...]) -> ForecastOutcome:
    """Exceeded limits become reasons of the approval if one is required anyway; else they reject the run."""
    if found.over_budget and not reasons:
        return ForecastOutcome(affordable=False, cause="; ".join(found.over_budget))
    return ForecastOutcome(affordable=True, needs_approval=(*reasons, *found.over_budget))


def _allowances(settings: ForecastSettings) -> Allowances:
    return Allowances(
        grader_concurrency=settings.lambda_concurrency or None,
        judge_requests_per_minute=settings.judge_requests_per_minute or None,
        judge_tokens_per_minute=settings.judge_tokens_per_minute or None,
    )
