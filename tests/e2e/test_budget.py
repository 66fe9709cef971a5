"""Runs that may take more than their requests allow."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.faults import Fault
from tests.e2e.fault_runner import rows
from tests.e2e.stages import SMALL, wait_for
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


FOR_THE_SMOKE_TEST = 1000
"""Judge calls that prove the grader with SMALL, but do not train."""


def test_a_smoke_test_over_the_judge_calls_rejects_the_run(bench: StackHarness) -> None:
    ended = bench.run("unproven", **SMALL, max_judge_calls=100)
    assert (ended.status, ended.view["failure"]["error"]) == ("REJECTED", "OverBudget")
    assert "max_judge_calls is 100" in ended.view["failure"]["cause"]
    assert ended.view["smoke_test"]["trusted"] is False
    assert ended.view["forecast"] is None


def test_too_many_judge_calls_reject_a_run_without_approval(bench: StackHarness) -> None:
    ended = bench.run("dear", **SMALL, max_judge_calls=FOR_THE_SMOKE_TEST)
    failure = ended.view["failure"]
    assert (ended.status, ended.execution) == ("REJECTED", "FAILED")
    assert (failure["stage"], failure["error"]) == ("SMOKE_TESTING", "OverBudget")
    assert "max_judge_calls is 1,000" in failure["cause"]
    calls = ended.view["forecast"]["judge_calls_in_all"]
    assert f"{calls['high']:,.0f}" in failure["cause"]
    assert bench.jobs(ended.view["run_id"]) == []
    (message,) = bench.messages(ended.view["run_id"])
    assert message["error"] == "OverBudget"


def test_too_many_judge_calls_request_approval_where_enabled(bench: StackHarness) -> None:
    run_id = bench.start("dear-but-asked", **SMALL, max_judge_calls=FOR_THE_SMOKE_TEST, require_approval=True)
    reasons = wait_for(bench, run_id, "AWAITING_APPROVAL")["approval"]["reasons"]
    assert reasons[0] == "the request requires it"
    assert "max_judge_calls is 1,000" in reasons[1]
    eventually(lambda: bool(bench.messages(run_id)), "the question")
    assert bench.messages(run_id)[0]["reasons"] == reasons
    bench.client.approve(run_id, approved=True, by="Ada", comment="it is worth it")
    assert wait_for(bench, run_id, "COMPLETED")["forecast"]["over_budget"] == reasons[1:]
    assert len(bench.jobs(run_id)) == 1


def test_an_unknown_cost_exceeds_any_limit(bench: StackHarness) -> None:
    ended = bench.run("unpriced", **SMALL, max_cost_usd=1_000_000, mode="preflight")
    assert (ended.status, ended.view["failure"]["error"]) == ("REJECTED", "OverBudget")
    assert "hour of reinforcement fine-tuning" in ended.view["failure"]["cause"]
    assert ended.view["forecast"]["cost_usd"] is None


def test_a_run_within_its_limits_continues_and_shows_its_forecast(bench: StackHarness) -> None:
    ended = bench.run("cheap", **SMALL, max_judge_calls=1_000_000)
    assert ended.status == "COMPLETED"
    forecast = ended.view["forecast"]
    assert forecast["over_budget"] == []
    assert forecast["smoke_test"]["judge_calls"] > 0
    assert 0 < forecast["rollouts"]["low"] <= forecast["rollouts"]["high"]


def test_an_interrupted_smoke_test_judges_no_answer_twice(bench: StackHarness) -> None:
    def judge_calls(name: str, *faults: Fault) -> int:
        counted = Fault(service="bedrock", operation="Converse", effect="delay", contains=name, count=None)
        for rule in (counted, *faults):
            bench.aws.faults.add(rule)
        ended = bench.run(name, rows(name, "pandalm"), **SMALL, max_judge_calls=1_000_000, mode="preflight")
        bench.aws.faults.clear()
        assert ended.view["smoke_test"]["trusted"] is True
        return sum(rule == counted for rule in bench.aws.faults.injected())

    def interrupted(name: str, **how: Any) -> Fault:
        return Fault(service="lambda", operation="Invoke", subject="GradePandalm", contains=name, **how)

    undisturbed = judge_calls("undisturbed")
    throttled = interrupted("throttled-thrice", code="TooManyRequestsException", status=429, count=3, skip=6)
    lost = interrupted("lost-once", code="ServiceException", effect="response_lost", skip=6)

    assert undisturbed > 100
    assert judge_calls("throttled-thrice", throttled) == undisturbed
    assert undisturbed < judge_calls("lost-once", lost) <= undisturbed + 64
