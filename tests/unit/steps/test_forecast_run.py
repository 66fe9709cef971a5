from __future__ import annotations

import json
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.steps import ForecastOutcome, SmokeTestOutcome
from rft.errors import DatasetNotFound, InvalidRequest, TransitionRefused
from rft.settings import ForecastSettings
from rft.steps.forecast_run import forecast_run
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.forecast import JUDGE, OWN, prepared_dataset, smoke_test_report
from tests.kit.records import RUN_ID, add_run

REPORT = f"s3://data-bucket/runs/{RUN_ID}/smoke_test.json"
TABLE = "s3://settings-bucket/prices.json"


class FakeForecast:
    def __init__(self) -> None:
        self.ledger, self.store = MemoryLedger(FixedClock()), MemoryStore()
        self.store.objects[REPORT] = smoke_test_report(judge=JUDGE).model_dump_json().encode()

    def forecast(
        self, *, needs: tuple[str, ...] = (), settings: dict[str, Any] | None = None, **request: Any
    ) -> ForecastOutcome:
        if RUN_ID not in self.ledger.records:
            add_run(self.ledger, RunStatus.SMOKE_TESTING, **request)
        return forecast_run(
            run_id=RUN_ID,
            request=self.ledger.get(RUN_ID).request,
            dataset=prepared_dataset(),
            smoke_test=SmokeTestOutcome(trusted=True, grader_arn=OWN, report_uri=REPORT, needs_approval=needs),
            graders={"pandalm": OWN},
            judge_models=("amazon.nova-pro-v1:0",),
            base_model_id="us.amazon.nova-2-lite-v1:0",
            settings=ForecastSettings.model_validate(settings or {}),
            ledger=self.ledger,
            store=self.store,
        )


def test_the_forecast_is_recorded_and_the_run_continues() -> None:
    fake = FakeForecast()
    assert fake.forecast() == ForecastOutcome(affordable=True)
    record = fake.ledger.get(RUN_ID)
    assert record.status is RunStatus.SMOKE_TESTING
    assert record.forecast is not None
    assert record.forecast.steps == 100
    assert record.forecast.over_budget == ()


def test_a_repeat_gives_the_same() -> None:
    fake = FakeForecast()
    first = (fake.forecast(), fake.ledger.get(RUN_ID).forecast)
    assert (fake.forecast(), fake.ledger.get(RUN_ID).forecast) == first


def test_an_excess_rejects_a_run_without_approval() -> None:
    fake = FakeForecast()
    outcome = fake.forecast(max_judge_calls=1000)
    assert not outcome.affordable
    assert "max_judge_calls is 1,000" in outcome.cause
    assert outcome.needs_approval == ()
    stored = fake.ledger.get(RUN_ID).forecast
    assert stored is not None
    assert stored.over_budget == (outcome.cause,)


def test_an_excess_requests_approval_where_enabled() -> None:
    outcome = FakeForecast().forecast(max_judge_calls=1000, max_cost_usd=5, needs=("this stack requires it",))
    assert (outcome.affordable, outcome.cause) == (True, "")
    approval, calls, cost = outcome.needs_approval
    assert approval == "this stack requires it"
    assert "max_judge_calls" in calls
    assert "hour of reinforcement fine-tuning" in cost


def test_a_price_table_of_the_stack_replaces_all_built_in_prices() -> None:
    fake = FakeForecast()
    table = {"as_of": "2026-11-01", "source": "our contract", "training_hour": 12.5}
    fake.store.objects[TABLE] = json.dumps(table).encode()
    fake.forecast(settings={"PRICE_TABLE_URI": TABLE})
    found = fake.ledger.get(RUN_ID).forecast
    assert found is not None
    training, judge = found.cost[:2]
    assert (found.prices_as_of, found.prices_source) == ("2026-11-01", "our contract")
    assert training.usd is not None
    assert training.usd.high == 24 * 12.5
    assert judge.usd is None, "what the table leaves out is unknown"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "is not a valid price table"),
        (b'{"source": "x", "as_of": "yesterday"}', "as_of"),
        (b'{"source": "x", "as_of": "2026-11", "training_hour": -1}', "training_hour"),
        (b'{"source": "x", "as_of": "2026-11", "training_hours": 1}', "training_hours"),
        (b'{"source": "x", "as_of": "2026-11", "rollouts_per_hour": {"least": 2, "most": 1}}', "least"),
    ],
)
def test_an_unreadable_price_table_stops_the_run_before_any_cost(body: bytes, words: str) -> None:
    fake = FakeForecast()
    fake.store.objects[TABLE] = body
    with pytest.raises(InvalidRequest, match=words) as error:
        fake.forecast(settings={"PRICE_TABLE_URI": TABLE})
    assert error.value.field == "PriceTableUri"


def test_a_price_table_can_be_a_parameter_and_a_broken_one_is_named() -> None:
    fake = FakeForecast()
    fake.forecast(settings={"PRICE_TABLE": '{"as_of": "2026-11", "source": "our contract", "training_hour": 12.5}'})
    found = fake.ledger.get(RUN_ID).forecast
    assert found is not None
    assert found.prices_source == "our contract"
    with pytest.raises(InvalidRequest, match="source") as error:
        FakeForecast().forecast(settings={"PRICE_TABLE": '{"as_of": "2026-11"}'})
    assert error.value.field == "PriceTable"


def test_a_missing_price_table_is_named() -> None:
    with pytest.raises(InvalidRequest, match=TABLE):
        FakeForecast().forecast(settings={"PRICE_TABLE_URI": TABLE})


def test_limits_of_the_account_are_taken_from_the_stack() -> None:
    fake = FakeForecast()
    fake.forecast(settings={"LAMBDA_CONCURRENCY": "10", "JUDGE_REQUESTS_PER_MINUTE": "100"})
    found = fake.ledger.get(RUN_ID).forecast
    assert found is not None
    assert [each.fits for each in found.limits] == [True, False, None]


def test_a_run_cancelled_meanwhile_does_not_continue() -> None:
    fake = FakeForecast()
    add_run(fake.ledger, RunStatus.CANCELLED)
    with pytest.raises(TransitionRefused):
        fake.forecast()


def test_a_missing_report_is_an_error() -> None:
    fake = FakeForecast()
    del fake.store.objects[REPORT]
    with pytest.raises(DatasetNotFound):
        fake.forecast()
