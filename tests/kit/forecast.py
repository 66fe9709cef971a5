"""Smoke test results as input for forecasts."""

from __future__ import annotations

from typing import Any

from rft.contracts.forecast import Forecast
from rft.contracts.ledger import RunRecord
from rft.contracts.prices import PriceTable, TokenPrices
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset
from rft.contracts.thresholds import Thresholds
from rft.forecast.estimate import forecast
from rft.forecast.measured_grader import Allowances, GraderFacts
from rft.forecast.measuring import ModelFacts

OWN = "arn:aws:lambda:us-east-1:123456789012:function:rft-GradePandalm:live"
FOREIGN = "arn:aws:lambda:us-east-1:123456789012:function:theirs"
JUDGE = {"answers": 200, "calls": 220, "input_tokens": 110_000, "output_tokens": 22_000}
"""Usage of a judge called for half of the answers: 1.1 calls each, with 500 input and 100 output tokens."""


def smoke_test_report(
    *, judge: dict[str, int] | None = None, answers: int = 400, p95: float | None = 9.0
) -> SmokeTestReport:
    score = {"id": "a", "trial": "sweep", "task_id": "t", "split": "train", "kind": "right", "score": 1.0}
    return SmokeTestReport.model_validate(
        {
            "run_id": "r",
            "grader_arn": OWN,
            "seed": 42,
            "trusted": True,
            "reasons": [],
            "checks": [],
            "thresholds": Thresholds(),
            "overrides": {},
            "planned": {"invocations": 20, "answers": answers, "right_answers": 200},
            "invocations": 20,
            "judge": judge,
            "agreement": None,
            "scores": [score] * answers,
            "times": {"seconds": 60.0, "load_p95_seconds": p95},
        }
    )


def prepared_dataset(*, train: int = 800, validation: int = 100, **hyperparameters: Any) -> PreparedDataset:
    chosen = {"epochCount": 2, "batchSize": 16, "trainingSamplePerPrompt": 4, "evalInterval": 10, **hyperparameters}
    return PreparedDataset.model_validate(
        {
            "manifest_uri": "s3://data-bucket/m.json",
            "digest": "sha256:0",
            "train_uri": "s3://data-bucket/t",
            "validation_uri": "s3://data-bucket/v",
            "train_rows": train,
            "validation_rows": validation,
            "hyperparameters": chosen,
        }
    )


PRICES = PriceTable(
    as_of="2026-08-01",
    source="test",
    training_hour=1.0,
    judges={"judge": TokenPrices(input_per_million=1.0, output_per_million=4.0)},
    lambda_million_requests=0.2,
    lambda_gb_second=0.00001,
)


def judged_forecast(record: RunRecord, judge: dict[str, int] | None = JUDGE) -> Forecast:
    """Return the forecast for a built-in grader that may call a judge, with all prices known."""
    return forecast(
        request=record.request,
        dataset=prepared_dataset(),
        report=smoke_test_report(judge=judge),
        grader=GraderFacts(own=True, judge_models=("judge",)),
        models=ModelFacts("base"),
        prices=PRICES,
        allowances=Allowances(),
    )
