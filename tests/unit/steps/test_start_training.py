from __future__ import annotations

import pytest

from rft.contracts.job import JobResources
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import PreparedDataset, StartedJob
from rft.errors import (
    JobRequestInvalid,
    QueueTimedOut,
    RetryableQuota,
    RetryableServiceError,
    RetryableThrottling,
    RunNotFound,
    TransitionRefused,
)
from rft.steps.start_training import start_training
from rft.training.queue import queue_place
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.records import RUN_ID, add_run, path_to, run_record

S = RunStatus
DATASET = PreparedDataset.model_validate(
    {
        "manifest_uri": "s3://data-bucket/runs/x/dataset/manifest.json",
        "digest": "sha256:9f",
        "train_uri": "s3://data-bucket/runs/x/dataset/train-799.jsonl",
        "validation_uri": "s3://data-bucket/runs/x/dataset/validation-99.jsonl",
        "train_rows": 799,
        "validation_rows": 99,
        "hyperparameters": {"epochCount": 2},
    }
)


class FakeStart:
    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.jobs = MemoryJobs(self.clock)

    def start(self) -> StartedJob:
        return start_training(
            run_id=RUN_ID,
            request=self.ledger.get(RUN_ID).request,
            dataset=DATASET,
            grader_arn="arn:aws:lambda:us-east-1:123456789012:function:grade",
            resources=JobResources(
                role_arn="arn:aws:iam::123456789012:role/bedrock",
                output_uri="s3://data-bucket/runs/x/output/",
            ),
            jobs=self.jobs,
            ledger=self.ledger,
            queue=self.ledger,
            clock=self.clock,
        )

    def fails(self, error: type[Exception], match: str | None = None) -> None:
        with pytest.raises(error, match=match):
            self.start()

    @property
    def status(self) -> RunStatus:
        return self.ledger.get(RUN_ID).status


@pytest.fixture
def fake() -> FakeStart:
    fake = FakeStart()
    add_run(fake.ledger, S.SMOKE_TESTING)
    return fake


def test_a_job_is_started_and_recorded(fake: FakeStart) -> None:
    started = fake.start()
    record = fake.ledger.get(RUN_ID)
    assert record.status is S.TRAINING
    assert record.job is not None
    assert (record.job.arn, record.job.status, record.job.checks) == (started.job_arn, "InProgress", 0)
    assert started.created_at == fake.clock.now()
    assert [e.after for e in fake.ledger.events(RUN_ID)][-2:] == [S.STARTING, S.TRAINING]
    assert fake.jobs.requests[0]["jobName"] == RUN_ID


def test_a_repeat_after_success_finds_the_same_job(fake: FakeStart) -> None:
    first = fake.start()
    events = fake.ledger.events(RUN_ID)
    fake.clock.advance(minutes=5)
    assert fake.start() == first
    assert len(fake.jobs.jobs) == 1
    assert fake.ledger.events(RUN_ID) == events


def test_a_crash_between_creation_and_ledger_leaves_one_job(fake: FakeStart) -> None:
    fake.jobs.fails_with["get"] = [RetryableThrottling("slow down")]
    fake.fails(RetryableThrottling)
    assert (fake.status, len(fake.jobs.jobs)) == (S.STARTING, 1)
    fake.start()
    assert (fake.status, len(fake.jobs.jobs)) == (S.TRAINING, 1)


def test_a_new_job_that_is_not_visible_yet_is_recorded(fake: FakeStart) -> None:
    fake.jobs.hidden = True
    started = fake.start()
    assert fake.ledger.get(RUN_ID).job.arn == started.job_arn  # type: ignore[union-attr]


def test_a_request_invalid_under_bedrocks_model_starts_nothing(fake: FakeStart) -> None:
    fake.jobs.faults = ["roleArn: is required", "jobName: is '-', which does not match …"]
    fake.fails(JobRequestInvalid, match="roleArn: is required; jobName")
    assert fake.jobs.jobs == {}


@pytest.mark.parametrize("error", [RetryableThrottling, RetryableServiceError])
def test_a_retryable_error_is_retried_by_the_state_machine(fake: FakeStart, error: type[Exception]) -> None:
    fake.jobs.fails_with["create"] = [error("not now"), error("not now")]
    fake.fails(error)
    fake.fails(error)
    fake.start()
    assert (fake.status, len(fake.jobs.jobs)) == (S.TRAINING, 1)
    assert [e.after for e in fake.ledger.events(RUN_ID)].count(S.STARTING) == 1


# ---- the queue for the quota of jobs ------------------------------------------------------------------------------

OTHER = "gsm8k-base-20261120t110000-5d6e7f80"


def queue_up(fake: FakeStart, run_id: str = OTHER) -> None:
    """Another run that wants a job, too, since now."""
    now = fake.clock.now()
    record = fake.ledger.create(run_record(run_id))
    for step in path_to(S.SMOKE_TESTING):
        fake.ledger.transition(run_id, step)
    fake.ledger.transition(run_id, S.STARTING, changes={"queue": queue_place(record, now)})


def test_a_full_quota_is_waited_for_with_growing_waits(fake: FakeStart) -> None:
    fake.jobs.fails_with["create"] = [RetryableQuota("2 jobs are in progress")] * 3
    waited = []
    for minutes in (0, 10, 100):
        fake.clock.advance(minutes=minutes)
        started = fake.start()
        assert started.job_arn is None
        waited.append(started.wait_seconds)
    assert waited == [60, 300, 900]
    place = fake.ledger.get(RUN_ID).queue
    assert place is not None
    assert place.waiting
    assert fake.start().job_arn
    assert (fake.status, fake.ledger.first(9)) == (S.TRAINING, ())


def test_the_first_run_in_the_queue_starts_first(fake: FakeStart) -> None:
    queue_up(fake)
    fake.clock.advance(seconds=1)
    assert fake.start().job_arn is None
    assert fake.jobs.requests == []
    fake.ledger.transition(OTHER, S.TRAINING)
    assert fake.start().job_arn


def test_a_later_run_does_not_overtake(fake: FakeStart) -> None:
    fake.jobs.fails_with["create"] = [RetryableQuota("full")]
    fake.start()
    fake.clock.advance(seconds=1)
    queue_up(fake)
    assert fake.ledger.first(2) == (RUN_ID, OTHER)
    assert fake.start().job_arn


def test_a_run_ahead_that_is_cancelled_leaves_the_queue(fake: FakeStart) -> None:
    queue_up(fake)
    fake.clock.advance(seconds=1)
    fake.ledger.transition(OTHER, S.CANCELLED)
    assert fake.start().job_arn


@pytest.mark.parametrize(("ahead", "why"), [(False, "Bedrock starts no further job: full"), (True, "1 run is ahead")])
def test_a_run_that_waits_too_long_fails_and_says_why(fake: FakeStart, ahead: bool, why: str) -> None:
    if ahead:
        queue_up(fake)
        fake.clock.advance(seconds=1)
    fake.jobs.fails_with["create"] = [RetryableQuota("full")] * 2
    fake.start()
    fake.clock.advance(hours=72)
    fake.fails(QueueTimedOut, match=f"72.0 hours.*{why}")
    assert fake.jobs.jobs == {}


def test_an_ended_run_starts_no_job(fake: FakeStart) -> None:
    fake.ledger.transition(RUN_ID, S.CANCELLED)
    fake.fails(TransitionRefused, match="CANCELLED")
    assert fake.jobs.jobs == {}


def test_a_run_ended_during_job_creation_leaves_no_running_job(fake: FakeStart) -> None:
    fake.jobs.on_create = lambda: fake.ledger.transition(RUN_ID, S.CANCELLED)
    fake.fails(TransitionRefused, match="CANCELLED")
    assert fake.jobs.jobs[RUN_ID].status == "Stopping"


def test_a_failed_stop_is_repeated_by_the_retry(fake: FakeStart) -> None:
    fake.jobs.on_create = lambda: fake.ledger.transition(RUN_ID, S.CANCELLED)
    fake.jobs.fails_with["stop"] = [RetryableThrottling("slow down")]
    fake.fails(RetryableThrottling)
    assert fake.jobs.jobs[RUN_ID].status == "InProgress"
    fake.fails(TransitionRefused)
    assert fake.jobs.jobs[RUN_ID].status == "Stopping"


def test_a_job_to_stop_that_is_not_visible_yet_is_stopped_later(fake: FakeStart) -> None:
    def cancelled_unseen() -> None:
        fake.ledger.transition(RUN_ID, S.CANCELLED)
        fake.jobs.hidden = True

    fake.jobs.on_create = cancelled_unseen
    fake.fails(RetryableServiceError, match="must be stopped")


def test_an_unknown_run_starts_nothing() -> None:
    fake = FakeStart()
    known = add_run(FakeStart().ledger, S.PENDING).request
    with pytest.raises(RunNotFound):
        start_training(
            run_id=RUN_ID, request=known, dataset=DATASET, grader_arn="arn:g",
            resources=JobResources(role_arn="arn:r", output_uri="s3://data-bucket/x/"),
            jobs=fake.jobs, ledger=fake.ledger, queue=fake.ledger, clock=fake.clock,
        )  # fmt: skip
    assert fake.jobs.jobs == {}


EARLIER = RUN_ID.replace("1a2b3c4d", "0a2b3c4d")
MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-2-lite-v1:0:256k/abcdef123456"


@pytest.mark.parametrize(("base", "expected"), [("foundation", "amazon.nova-2-lite-v1:0:256k"), ("previous", MODEL)])
def test_a_round_trains_its_named_base_model(base: str, expected: str) -> None:
    fake = FakeStart()
    add_run(fake.ledger, S.TRAINING, run_id=EARLIER)
    fake.ledger.update(EARLIER, {"model_arn": MODEL})
    add_run(fake.ledger, S.SMOKE_TESTING, from_run={"run_id": EARLIER, "base_model": base})
    fake.start()
    assert fake.jobs.requests[0]["baseModelIdentifier"] == expected
