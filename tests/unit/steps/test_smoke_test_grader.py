"""The step in a run; tests/unit/steps/test_broken_graders.py has the graders that it must reject."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rft.contracts.checks import CheckResult
from rft.contracts.ledger import RunStatus
from rft.contracts.smoke_test import Calls, SmokeTestReport
from rft.contracts.steps import SmokeTestOutcome
from rft.errors import RetryableThrottling
from rft.smoke_test.plan import ROUNDS
from rft.smoke_test.shapes import SHAPES
from tests.kit.broken_graders import constant, timing_out
from tests.kit.fake_smoke_test import (
    BY_WEIGHT,
    PANDALM,
    REPORT,
    RUN,
    FakeSmokeTest,
)
from tests.kit.fakes.grader import CallableGrader, honest

COMPANY = ("reordered", "alone", "same id", "conversation")


VERSION = f"{PANDALM}:7"


def test_an_honest_grader_is_trusted_and_everything_is_recorded() -> None:
    fake, grader = FakeSmokeTest(), CallableGrader(honest)

    outcome = fake.run(grader)

    assert outcome == SmokeTestOutcome(trusted=True, grader_arn=VERSION, report_uri=REPORT, cause="")
    assert (grader.arns, grader.published) == ({VERSION}, [PANDALM])
    report = fake.report
    assert report.trusted
    assert report.reasons == ()
    others = {name: verdict for name, verdict in fake.verdicts().items() if verdict != "pass"}
    skipped = ("time_of_day", "near_misses", "special_numbers", "json_variants")
    assert others == {"right_forms": "warn", **dict.fromkeys(skipped, "skipped")}
    assert report.invocations == len(grader.batches)
    assert len(report.scores) == sum(len(batch) for batch in grader.batches)
    record = fake.ledger.get(RUN)
    assert record.status == RunStatus.SMOKE_TESTING
    assert (record.grader_arn, record.grader_code_sha256) == (VERSION, report.grader_code_sha256)
    assert report.grader_pinned
    assert record.smoke_test is not None
    assert record.smoke_test.trusted
    assert record.smoke_test.mean_right == 1.0
    assert record.smoke_test.mean_wrong == pytest.approx(0.1)


def test_the_maximum_of_calls_is_recorded_before_the_first_call() -> None:
    fake = FakeSmokeTest()
    recorded: list[Calls | None] = []

    def grade(batch: list[dict[str, Any]]) -> Any:
        recorded.append(fake.ledger.get(RUN).smoke_test_calls)
        return honest(batch)

    fake.run(grade)

    assert set(recorded) == {fake.report.planned}


def test_five_or_more_rows_of_each_split_are_probed_in_batches_up_to_64() -> None:
    fake, grader = FakeSmokeTest(), CallableGrader(honest)

    fake.run(grader, smoke_test={"sample_size": 10})

    rows = {split: {s.task_id for s in fake.report.scores if s.split == split} for split in ("train", "validation")}
    assert {split: len(ids) for split, ids in rows.items()} == {"train": 5, "validation": 5}
    assert max(len(batch) for batch in grader.batches) <= 64
    assert [s.kind for s in fake.report.scores[:3]] == ["canned"] * 3


def test_samples_reach_the_grader_as_bedrock_sends_them_under_opaque_ids() -> None:
    fake, grader = FakeSmokeTest(), CallableGrader(honest)

    fake.run(grader)

    sample = grader.batches[0][0]
    assert [turn["role"] for turn in sample["messages"]] == ["system", "user", "assistant"]
    assert sample["reference_answer"]["label"] in {"Response 1", "Response 2", "Tie"}
    assert {"task_id", "domain", "data_source", "run_id", "votes"} <= sample.keys()
    assert all(len({s["id"] for s in batch}) == len(batch) for batch in grader.batches)


def test_the_same_seed_gives_the_same_report_byte_for_byte_but_for_times() -> None:
    def report(seed: int, seconds: float) -> SmokeTestReport:
        fake = FakeSmokeTest()

        def grade(batch: list[dict[str, Any]]) -> Any:
            fake.clock.advance(seconds=seconds)
            return honest(batch)

        split = {"seed": seed}
        grader = CallableGrader(grade, seconds=seconds)
        fake.run(grader, dataset={"task": "pandalm", "uri": "s3://data-bucket/x", "split": split})
        return fake.report

    def without_times(found: SmokeTestReport) -> str:
        return found.model_dump_json(exclude={"times"})

    first, second = report(7, 0.5), report(7, 1.5)
    assert without_times(first) == without_times(second)
    assert first.times != second.times
    assert {s.task_id for s in first.scores} != {s.task_id for s in report(8, 0.5).scores}


def test_a_grader_that_fails_the_canned_batch_costs_one_call() -> None:
    fake, grader = FakeSmokeTest(), CallableGrader(timing_out)

    fake.run(grader)

    assert fake.report.invocations == len(grader.batches) == 1
    assert fake.verdicts() == {"contract": "block"} | dict.fromkeys(BY_WEIGHT[1:], "skipped")


def test_an_error_is_never_a_score() -> None:
    fake = FakeSmokeTest()

    fake.run(constant(0.5, grader_error=1.0))

    reason = "the grader reported grader_error: it gave no reason"
    assert {(s.score, s.error) for s in fake.report.scores} == {(None, reason)}
    summary = fake.ledger.get(RUN).smoke_test
    assert summary is not None
    assert (summary.mean_right, summary.mean_wrong) == (None, None)


def test_a_failed_batch_rejects_the_grader_and_stops_further_probes() -> None:
    failures = iter([MemoryError("too much")])

    def fails_once(batch: list[dict[str, Any]]) -> Any:
        if len(batch) == 64 and (failure := next(failures, None)):
            raise failure
        return honest(batch)

    fake = FakeSmokeTest()

    outcome = fake.run(fails_once)

    assert "answers got no valid result: it failed with MemoryError: too much" in outcome.cause
    assert sum(s.score is None for s in fake.report.scores) == 64
    assert {s.trial for s in fake.report.scores} == {"canned", *SHAPES, *ROUNDS, *COMPANY, "sweep"}
    assert fake.verdicts()["direction"] == "pass"
    assert fake.verdicts()["injection"] == "skipped"
    assert fake.check("injection").detail == "not sent: the grader broke the contract first"


def test_a_grader_too_slow_for_the_step_is_rejected_before_its_timeout() -> None:
    fake = FakeSmokeTest()

    def slow(batch: list[dict[str, Any]]) -> Any:
        fake.clock.advance(seconds=600)
        return honest(batch)

    outcome = fake.run(CallableGrader(slow))

    assert "the grader was too slow: not sent within 540 s" in outcome.cause
    assert fake.report.invocations == 1
    assert fake.report.planned.invocations > 30


def test_throttling_is_retried_by_the_state_machine() -> None:
    def throttled(batch: list[dict[str, Any]]) -> Any:
        raise RetryableThrottling("Invoke: TooManyRequestsException")

    fake = FakeSmokeTest()

    with pytest.raises(RetryableThrottling):
        fake.run(throttled)

    assert fake.ledger.get(RUN).status == RunStatus.SMOKE_TESTING
    assert REPORT not in fake.store.objects


def test_too_little_capacity_under_load_is_a_finding_without_a_retry() -> None:
    step = {"batchSize": 128, "trainingSamplePerPrompt": 8}
    usual = FakeSmokeTest(hyperparameters=step)
    usual.run(honest)
    served, calls = usual.report.planned.invocations - 6, itertools.count()

    def crowded(batch: list[dict[str, Any]]) -> Any:
        if next(calls) >= served:
            raise RetryableThrottling("Invoke: TooManyRequestsException")
        return honest(batch)

    fake = FakeSmokeTest(hyperparameters=step)

    fake.run(crowded)

    assert fake.check("load").result == CheckResult.BLOCK
    assert fake.check("load").detail.endswith("6 of them were refused by Lambda: the grader's concurrency is too low")


def test_a_run_keeps_its_grader_version_after_a_new_publication() -> None:
    fake, grader = FakeSmokeTest(), CallableGrader(honest)
    fake.run(grader)
    fake.store.objects = {uri: body for uri, body in fake.store.objects.items() if "/smoke_test/" not in uri}
    again = CallableGrader(honest)
    assert fake.run(again).grader_arn == VERSION
    assert (again.arns, again.published) == ({VERSION}, [])
