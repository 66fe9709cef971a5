from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emulator.simulator.grading import read_results
from rft.contracts.checks import CheckResult
from rft.contracts.run_request import GraderRequest, RunRequest
from rft.contracts.score_range import to_unit
from tests.kit.fake_smoke_test import FakeSmokeTest
from tests.kit.fakes.grader import honest

BASE = {"name": "a-run", "dataset": {"task": "gsm8k", "uri": "s3://b/k"}}
NUMBERS = st.floats(-1000, 1000)


def request(score_range: Any) -> RunRequest:
    body = {**BASE, "grader": {"name": "gsm8k", "score_range": score_range}}
    return RunRequest.model_validate_json(json.dumps(body))


def test_a_range_is_declared_as_json_and_is_zero_to_one_by_default() -> None:
    assert request([-1, 1]).score_range == (-1, 1)
    assert request(None).score_range == RunRequest.model_validate(BASE).score_range == (0, 1)
    assert request([-1, 1]).model_dump(mode="json")["grader"]["score_range"] == [-1, 1]


@pytest.mark.parametrize("bad", [[1, -1], [1, 1], [0], [0, 1, 2], ["0", 1], "0..1", [0, 1e300], [True, 2]])
def test_an_invalid_range_is_refused(bad: Any) -> None:
    with pytest.raises(ValidationError, match="score_range"):
        request(bad)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_mapping_keeps_the_order_and_refuses_scores_out_of_range(low: float, high: float, score: float) -> None:
    if not low + 1e-6 < high:
        return
    assert (to_unit(low, (low, high)), to_unit(high, (low, high))) == (0, 1)
    if low <= score <= high:
        assert 0 <= to_unit(score, (low, high)) <= 1
    else:
        with pytest.raises(ValueError, match="is outside"):
            to_unit(score, (low, high))


def signed(batch: list[dict[str, Any]]) -> Any:
    """An honest grader that scores -1 to 1."""
    results: list[dict[str, Any]] = honest(batch)
    return [{**each, "aggregate_reward_score": 2 * each["aggregate_reward_score"] - 1} for each in results]


def test_an_honest_grader_of_another_range_is_trusted_where_it_is_declared() -> None:
    fake = FakeSmokeTest()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mine"
    outcome = fake.run(signed, grader=GraderRequest(lambda_arn=arn, score_range=(-1, 1)))
    assert outcome.trusted, outcome
    assert "from -1 to 1, in order, mapped to 0 to 1" in fake.check("contract").detail
    assert {0 <= (s.score or 0) <= 1 for s in fake.report.scores} == {True}


def test_an_undeclared_score_range_breaks_the_contract_with_a_hint() -> None:
    fake = FakeSmokeTest()
    assert not fake.run(signed).trusted
    assert fake.check("contract").result == CheckResult.BLOCK
    assert "declares it: grader.score_range" in fake.check("contract").detail


def test_training_gets_the_scores_unchanged() -> None:
    results = [{"id": "a", "aggregate_reward_score": -1.0}, {"id": "b", "aggregate_reward_score": 1.0}]
    read = read_results(json.dumps(results).encode(), ["a", "b"])
    assert [each.aggregate_reward_score for each in read] == [-1, 1]
