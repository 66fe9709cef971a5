from __future__ import annotations

from typing import Any, get_args

import pytest

from rft.contracts.evaluation import EvaluationSummary, Verdict
from rft.contracts.ledger import Failure, RunRecord, RunStatus
from rft.contracts.smoke_test import SmokeTestSummary
from rft.runs.headline import headline
from rft.runs.status import TERMINAL
from tests.kit.records import run_record


def ended(status: RunStatus, **fields: Any) -> RunRecord:
    return run_record().model_copy(update={"status": status, **fields})


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_a_verdict_is_stated_with_its_numbers(verdict: Verdict) -> None:
    summary = EvaluationSummary(
        status="completed", verdict=verdict, rows=1200, base=0.5, tuned=0.625, difference=0.125, interval=(0.1, 0.15)
    )
    sentence = headline(ended(RunStatus.COMPLETED, model_arn="arn:m", evaluation=summary)).sentence
    assert sentence.endswith(": 0.625 against 0.500 on 1,200 test rows (+0.125, 95 % interval +0.100 to +0.150).")


def test_simulated_answers_are_marked() -> None:
    summary = EvaluationSummary(
        status="completed", verdict="better", rows=3, base=0.5, tuned=0.6, difference=0.1, simulated=True
    )
    found = headline(ended(RunStatus.COMPLETED, model_arn="arn:m", evaluation=summary))
    assert "without an interval, simulated" in found.sentence


def test_only_a_better_model_or_a_preflight_is_a_success() -> None:
    assert headline(ended(RunStatus.COMPLETED)).tone == "good"
    assert headline(ended(RunStatus.COMPLETED, model_arn="arn:m")).tone == "neutral"
    failed = EvaluationSummary(status="failed", reason="no capacity")
    assert headline(ended(RunStatus.COMPLETED, model_arn="arn:m", evaluation=failed)).tone == "neutral"


@pytest.mark.parametrize("status", sorted(TERMINAL - {RunStatus.COMPLETED}))
def test_any_other_end_names_its_cause_on_one_line(status: RunStatus) -> None:
    failure = Failure(stage=RunStatus.TRAINING, error="JobFailed", cause="first line\nsecond line")
    found = headline(ended(status, failure=failure))
    assert found.sentence.endswith(": first line.")
    assert found.tone != "good"


def test_an_empty_cause_shows_the_errors_name() -> None:
    failure = Failure(stage=RunStatus.TRAINING, error="JobFailed", cause="")
    assert headline(ended(RunStatus.FAILED, failure=failure)).sentence == "The run failed in TRAINING: JobFailed."


def test_of_many_reasons_against_a_grader_the_first_is_named() -> None:
    reasons = ("spread: constant; at 0.5", "level: wrong answers earn as much", "echo: echo earns as much")
    summary = SmokeTestSummary(
        trusted=False, reasons=reasons, checks=(), mean_right=0.5, mean_wrong=0.5, report_uri="s3://b/smoke_test.json"
    )
    failure = Failure(stage=RunStatus.SMOKE_TESTING, error="GraderNotTrusted", cause="; ".join(reasons))
    sentence = headline(ended(RunStatus.REJECTED, failure=failure, smoke_test=summary)).sentence
    assert sentence == "The run was rejected before training: spread: constant; at 0.5 (and 2 more reasons)."
