from __future__ import annotations

from typing import Any

import pytest

from rft import wiring
from rft.contracts.job import JobStatus
from rft.contracts.ledger import RunStatus
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import add_run

EVENT: dict[str, Any] = read_event("check_training")


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> MemoryJobs:
    clock = FixedClock()
    jobs, ledger = MemoryJobs(clock), MemoryLedger(clock)
    monkeypatch.setattr(wiring, "training_jobs", lambda: jobs)
    monkeypatch.setattr(wiring, "ledger", lambda: ledger)
    monkeypatch.setattr(wiring, "run_history", lambda: ledger)
    monkeypatch.setattr(wiring, "rollout_reader", MemoryRollouts)
    monkeypatch.setattr(wiring, "clock", lambda: clock)
    jobs.create({"jobName": EVENT["run_id"]})
    jobs.move(EVENT["run_id"], arn=EVENT["job_arn"])
    add_run(ledger, RunStatus.TRAINING)
    return jobs


def test_the_sample_event_reports_running_training(jobs: MemoryJobs) -> None:
    assert load_function("check_training").handler(EVENT, Context()) == {
        "outcome": None,
        "job_status": "InProgress",
        "phase": "validation",
        "hours": 0.0,
        "close_watch": True,
        "error": "",
        "cause": "",
    }


def test_a_completed_job_is_an_outcome(jobs: MemoryJobs) -> None:
    jobs.move(EVENT["run_id"], status=JobStatus.COMPLETED, model_arn="arn:m")
    assert load_function("check_training").handler(EVENT, Context())["outcome"] == "COMPLETED"
