"""What max_judge_calls and max_cost_usd leave: they bound what is called, not only what was forecast."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.calibration import CalibrationSummary
from rft.contracts.ledger import RunRecord
from rft.forecast.remaining import calls_per_answer, judge_calls_made, limited_breaker
from tests.kit.forecast import JUDGE, judged_forecast
from tests.kit.records import run_record


def record_with(judge: dict[str, int] | None = JUDGE, **request: Any) -> RunRecord:
    record = run_record(**request)
    return record.model_copy(
        update={
            "forecast": judged_forecast(record, judge),
            "calibration": CalibrationSummary(status="completed", judge_calls=256),
        }
    )


def test_a_job_is_limited_to_the_remaining_judge_calls() -> None:
    rules = limited_breaker(record_with(max_judge_calls=100_000))

    assert rules.judge_calls.limit == 100_000 - JUDGE["calls"] - 256
    assert rules.judge_calls.action == "stop"


def test_a_tighter_breaker_limit_is_kept() -> None:
    record = record_with(max_judge_calls=100_000, breaker={"judge_calls": {"limit": 7}})

    assert limited_breaker(record).judge_calls.limit == 7


@pytest.mark.parametrize("request_", [{}, {"max_judge_calls": 1}, {"max_cost_usd": 0.01}])
def test_without_a_limit_or_with_an_approved_excess_nothing_changes(request_: dict[str, Any]) -> None:
    record = record_with(**request_)

    assert limited_breaker(record) == record.request.breaker


def test_judges_may_cost_the_remaining_budget() -> None:
    record = record_with(max_cost_usd=1000.0)
    assert record.forecast is not None
    others = sum((line.usd.high or 0) for line in record.forecast.cost if line.usd and line.name != "judge")

    rule = limited_breaker(record).judge_cost

    assert rule.limit == pytest.approx(1000 - others - (0.11 * 1 + 0.022 * 4))
    assert (rule.usd_per_million_input_tokens, rule.usd_per_million_output_tokens) == (1.0, 4.0)


def test_calls_of_all_steps_are_counted() -> None:
    record = record_with()

    assert judge_calls_made(record) == JUDGE["calls"] + 256
    assert calls_per_answer(record) == pytest.approx(1.1, rel=1e-3)
    assert calls_per_answer(record_with(judge=None)) == 0
