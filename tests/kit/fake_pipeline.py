"""Runs the steps from the dataset to the job, or to a failure, with in-memory ports."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import boto3

from rft.adapters.bedrock.training_jobs import BedrockTrainingJobs
from rft.contracts.job import JobResources
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import ForecastOutcome, PreparedDataset, SmokeTestOutcome, StartedJob
from rft.datasets.bounds import Bounds
from rft.errors import RftError
from rft.settings import ForecastSettings
from rft.steps.forecast_run import forecast_run
from rft.steps.prepare_dataset import prepare_dataset
from rft.steps.record_outcome import record_outcome
from rft.steps.start_training import start_training
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.strict import StrictLedger, StrictNotifier
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.forecast import JUDGE, OWN, smoke_test_report
from tests.kit.records import RUN_ID, add_run

URI = "s3://data-bucket/datasets/rows"
REPORT = f"s3://data-bucket/runs/{RUN_ID}/smoke_test.json"
BOUNDS = Bounds(least=1, most=100)
MAX_CAUSE = 32_768
"""Maximum characters of a cause (Step Functions API Reference)."""

R = TypeVar("R")


class FakePipeline:
    """A step that raises one of our errors ends the run and returns None."""

    def __init__(self, **request: Any) -> None:
        self.clock = FixedClock()
        self.ledger, self.notifier, self.store = StrictLedger(self.clock), StrictNotifier(), MemoryStore()
        self.jobs = MemoryJobs(self.clock)
        self.request: RunRequest = add_run(self.ledger, RunStatus.PENDING, **request).request

    def prepare(self, content: bytes) -> PreparedDataset | None:
        self.store.objects[URI] = content

        def step() -> PreparedDataset:
            found = prepare_dataset(
                run_id=RUN_ID,
                request=self.request,
                source=self.store,
                store=self.store,
                tokenizer=WordTokenizer(),
                workers=SerialWorkers(),
                ledger=self.ledger,
                bounds=BOUNDS,
            )
            assert isinstance(found, PreparedDataset)
            return found

        return self._ended_by_errors(step)

    def forecast(self, dataset: PreparedDataset) -> ForecastOutcome | None:
        """Run the forecast after a passed smoke test."""
        self.ledger.transition(RUN_ID, RunStatus.SMOKE_TESTING)
        self.store.objects[REPORT] = smoke_test_report(judge=JUDGE).model_dump_json().encode()
        return self._ended_by_errors(
            lambda: forecast_run(
                run_id=RUN_ID,
                request=self.request,
                dataset=dataset,
                smoke_test=SmokeTestOutcome(trusted=True, grader_arn=OWN, report_uri=REPORT),
                graders={"rubric": OWN},
                judge_models=("amazon.nova-pro-v1:0",),
                base_model_id="us.amazon.nova-2-lite-v1:0",
                settings=ForecastSettings.model_validate({}),
                ledger=self.ledger,
                store=self.store,
            )
        )

    def start_training(self, dataset: PreparedDataset) -> StartedJob | None:
        self.jobs.problems = _bedrock_jobs().problems  # type: ignore[method-assign]
        return self._ended_by_errors(
            lambda: start_training(
                run_id=RUN_ID,
                request=self.request,
                dataset=dataset,
                grader_arn=OWN,
                resources=JobResources(
                    role_arn="arn:aws:iam::123456789012:role/bedrock",
                    output_uri=f"s3://data-bucket/runs/{RUN_ID}/output/",
                ),
                jobs=self.jobs,
                ledger=self.ledger,
                queue=self.ledger,
                clock=self.clock,
            )
        )

    def end(self, error: str, cause: str) -> None:
        """End the run as the state machine does, with the error and cause of a Catch."""
        assert len(cause) <= MAX_CAUSE
        assert "Traceback" not in cause
        record = record_outcome(
            run_id=RUN_ID,
            status=RunStatus.FAILED,
            error=error,
            cause=cause,
            jobs=self.jobs,
            deployments=MemoryDeployments(),
            records=MemoryDeploymentRecords(),
            ledger=self.ledger,
            notifier=self.notifier,
        )
        assert record.status is RunStatus.FAILED
        assert record.failure is not None
        assert record.failure.cause
        assert len(self.notifier.sent) == 1

    def _ended_by_errors(self, step: Callable[[], R]) -> R | None:
        try:
            return step()
        except RftError as error:
            cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []})
            self.end(type(error).__name__, cause)
            return None


@cache
def _bedrock_jobs() -> BedrockTrainingJobs:
    """Return the adapter for its request validation only; it makes no calls."""
    return BedrockTrainingJobs(boto3.client("bedrock", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"))
