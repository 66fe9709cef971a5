from __future__ import annotations

import pytest

from rft.contracts.ledger import Failure, RunStatus
from rft.contracts.outbound.domain_events import DomainEvent
from rft.contracts.outbound.tracked_run import TrackedRun, TrackingResult
from rft.runs.tracked_run import MAX_VALUE
from rft.steps.track_run import track_run
from tests.kit.fake_report import FakeReport
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.tracker import MemoryTracker
from tests.kit.project import read_event
from tests.kit.records import RUN_ID, add_run

EVENT = DomainEvent.model_validate(read_event("track_run")).model_copy(update={"run_id": RUN_ID})


@pytest.fixture(scope="module")
def completed() -> tuple[TrackedRun, dict[str, bytes]]:
    """What the server gets of a run that was trained and evaluated."""
    fake = FakeReport().trained().compared()
    fake.write()
    fake.ledger.transition(RUN_ID, RunStatus.COMPLETED)
    tracker = MemoryTracker()
    track_run(event=EVENT, ledger=fake.ledger, store=fake.store, tracker=tracker)
    ((run, files),) = tracker.tracked
    return run, dict(files)


def test_a_completed_run_has_parameters_tags_and_artifacts(completed: tuple[TrackedRun, dict[str, bytes]]) -> None:
    run, files = completed
    assert (run.experiment, run.status) == ("rft/pandalm-judge", "FINISHED")
    assert run.parameters["task"] == "pandalm"
    assert run.parameters["base_model"] == "amazon.nova-2-lite-v1:0:256k"
    assert run.tags["rft.verdict"] == "better"
    assert run.tags["rft.run_id"] == RUN_ID
    assert sorted(files) == ["report.html", "report.json"]


def test_metrics_are_curves_by_step_and_final_values(completed: tuple[TrackedRun, dict[str, bytes]]) -> None:
    run, _ = completed
    rewards = [(metric.step, metric.value) for metric in run.metrics if metric.key == "training/reward"]
    assert len(rewards) > 1
    assert rewards == sorted(rewards)
    assert {"validation/reward", "evaluation/base", "evaluation/tuned"} <= {metric.key for metric in run.metrics}


def sent(status: RunStatus, failure: Failure | None = None, **request: object) -> TrackedRun:
    ledger, tracker = MemoryLedger(FixedClock()), MemoryTracker()
    add_run(ledger, RunStatus.TRAINING if failure else status, **request)
    if failure:
        ledger.transition(RUN_ID, status, changes={"failure": failure})
    track_run(event=EVENT, ledger=ledger, store=MemoryStore(), tracker=tracker)
    ((run, files),) = tracker.tracked
    assert files == {}, "a run without a report is sent without one"
    return run


@pytest.mark.parametrize(
    ("status", "theirs"),
    [(RunStatus.FAILED, "FAILED"), (RunStatus.REJECTED, "FAILED"), (RunStatus.CANCELLED, "KILLED")],
)
def test_every_end_has_an_mlflow_status(status: RunStatus, theirs: str) -> None:
    run = sent(status, tags={"team": "search", "rft.status": "forged"})
    assert (run.status, run.tags["rft.status"], run.tags["team"]) == (theirs, status, "search")
    assert run.metrics == ()


def test_a_failure_is_named_without_its_cause() -> None:
    failure = Failure(stage=RunStatus.TRAINING, error="TrainingJobFailed", cause="the prompt: my secret")
    run = sent(RunStatus.FAILED, failure)
    assert (run.tags["rft.failed_in"], run.tags["rft.error"]) == ("TRAINING", "TrainingJobFailed")
    assert "secret" not in run.model_dump_json()


def test_keys_and_values_are_valid_for_every_mlflow_version() -> None:
    run = sent(RunStatus.FAILED, tags={"cost:center@eu": "v" * 256})
    assert run.tags["cost_center_eu"] == "v" * 256
    assert max(len(value) for value in run.parameters.values()) <= MAX_VALUE


@pytest.mark.parametrize(
    ("status", "skipped"), [(RunStatus.TRAINING, "the run is TRAINING"), (None, "the ledger has no such run")]
)
def test_a_run_that_has_not_ended_or_is_unknown_is_not_sent(status: RunStatus | None, skipped: str) -> None:
    ledger, tracker = MemoryLedger(FixedClock()), MemoryTracker()
    if status:
        add_run(ledger, status)
    result = track_run(event=EVENT, ledger=ledger, store=MemoryStore(), tracker=tracker)
    assert result == TrackingResult(skipped=skipped)
    assert tracker.tracked == []


def test_a_stack_without_a_server_sends_nothing() -> None:
    result = track_run(event=EVENT, ledger=MemoryLedger(FixedClock()), store=MemoryStore(), tracker=None)
    assert result.skipped == "no MLflow server"
