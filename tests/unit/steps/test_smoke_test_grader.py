"""The step as a run meets it; tests/unit/steps/test_broken_graders.py has the graders that it must reject."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from emulator.bedrock.judge import stand_in_reply
from rft.contracts.checks import CheckResult
from rft.contracts.grading import GradeResult
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import GraderRequest
from rft.contracts.smoke_test import Calls, SmokeTestReport
from rft.contracts.steps import SmokeTestOutcome, StartPoint
from rft.errors import InvalidRequest, RetryableThrottling
from rft.grading.judge_client import JudgeClient
from rft.rewards.samples import read_sample
from rft.smoke_test.plan import ROUNDS
from rft.smoke_test.shapes import SHAPES
from rft.steps.graders.grade_composite import grade_composite
from rft.steps.graders.grade_finqa import grade_finqa
from rft.steps.graders.grade_format import grade_format
from rft.steps.graders.grade_gsm8k import grade_gsm8k
from rft.steps.graders.grade_pandalm import grade_pandalm
from rft.steps.smoke_test_grader import smoke_test_grader
from rft.tasks.derived import FAMILIES
from tests.kit.broken_graders import changed, constant, first_slot_lover, timing_out
from tests.kit.fake_smoke_test import (
    BY_WEIGHT,
    FOREIGN,
    PANDALM,
    REPORT,
    RUN,
    FakeSmokeTest,
    example_row,
    pandalm_row,
    rft_row,
)
from tests.kit.fakes.grader import CallableGrader, Grade, honest, result
from tests.kit.fakes.judge import ALL_TRUE, ScriptedJudge

ROOT = Path(__file__).parents[3]
COMPANY = ("reordered", "alone", "same id", "conversation")
DERIVED_CHECKS = {*FAMILIES, "level"}
VERSION = f"{PANDALM}:7"
SPEED = 10
"""Seconds that pass in one real second, in the test about time."""


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


def test_what_it_asks_at_most_is_recorded_before_the_first_call() -> None:
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


def test_throttling_is_for_the_state_machine_to_wait_out() -> None:
    def throttled(batch: list[dict[str, Any]]) -> Any:
        raise RetryableThrottling("Invoke: TooManyRequestsException")

    fake = FakeSmokeTest()

    with pytest.raises(RetryableThrottling):
        fake.run(throttled)

    assert fake.ledger.get(RUN).status == RunStatus.SMOKE_TESTING
    assert REPORT not in fake.store.objects


def test_too_little_capacity_under_load_is_a_finding_and_no_retry() -> None:
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


def test_a_run_keeps_its_version_whatever_is_published_meanwhile() -> None:
    fake, grader = FakeSmokeTest(), CallableGrader(honest)
    fake.run(grader)
    fake.store.objects = {uri: body for uri, body in fake.store.objects.items() if "/smoke_test/" not in uri}
    again = CallableGrader(honest)
    assert fake.run(again).grader_arn == VERSION
    assert (again.arns, again.published) == ({VERSION}, [])


def test_a_foreign_grader_without_a_version_is_reported_as_not_pinned() -> None:
    fake, grader = FakeSmokeTest(row=rft_row), CallableGrader(exact)
    fake.run(grader, task="rft", grader={"lambda_arn": FOREIGN})
    assert (grader.arns, grader.published) == ({FOREIGN}, [])
    assert not fake.report.grader_pinned


def test_a_retried_step_gives_the_same_outcome() -> None:
    fake = FakeSmokeTest()

    first, second = fake.run(honest), fake.run(honest)

    assert first == second
    assert [event.after for event in fake.ledger.events(RUN)] == [RunStatus.PREPARING, RunStatus.SMOKE_TESTING]


def test_few_validation_rows_are_all_taken_and_the_report_says_so() -> None:
    fake = FakeSmokeTest(validation=3)

    outcome = fake.run(honest)

    assert outcome.trusted
    sample = fake.check("sample")
    assert sample.result == CheckResult.WARN
    assert sample.detail.startswith("32 of 32 train rows and 3 of 8 validation rows have right and wrong answers")


def exact(batch: list[dict[str, Any]]) -> Any:
    samples = [(raw, read_sample(raw)) for raw in batch]
    return [result(raw, float(sample.answer == sample.reference)) for raw, sample in samples]


def test_rows_with_their_own_probes_are_found_among_many_without() -> None:
    def row(n: int) -> dict[str, Any]:
        probes = {"right": [f"number {n}"], "wrong": ["something else"]}
        return rft_row(n, probes=probes) if n % 12 == 0 else rft_row(n)

    fake = FakeSmokeTest(row=row)

    outcome = fake.run(exact, task="rft", grader={"lambda_arn": FOREIGN})

    assert outcome.trusted
    assert outcome.grader_arn == FOREIGN
    direction = fake.check("direction")
    assert (direction.result, direction.n) == (CheckResult.PASS, 12)


def test_without_wrong_answers_direction_is_not_done_and_never_passed() -> None:
    fake = FakeSmokeTest(row=rft_row)

    outcome = fake.run(exact, task="rft", grader={"name": "pandalm"})

    assert outcome.trusted
    skipped = {name for name, verdict in fake.verdicts().items() if verdict == "skipped"}
    unknown = {"containment", "echo", "special_numbers", "json_variants", "forged_references", "listing"}
    assert skipped == {"direction", "position", "human_agreement", "time_of_day"} | unknown
    assert fake.verdicts()["sample"] == "warn"


@pytest.mark.parametrize("score", [0.5, 1.0])
def test_a_constant_grader_shows_even_without_wrong_answers(score: float) -> None:
    fake = FakeSmokeTest(row=rft_row)

    outcome = fake.run(constant(score), task="rft", grader={"name": "pandalm"})

    assert outcome.cause.startswith(f"spread: the grader is constant at about {score:.2f}")


def test_without_a_right_answer_the_grader_is_rejected_with_advice() -> None:
    fake = FakeSmokeTest(row=lambda n: rft_row(n) | {"reference_answer": {"steps": [n]}})

    outcome = fake.run(constant(1.0), task="rft", grader={"name": "pandalm"})

    assert not outcome.trusted
    assert outcome.cause.startswith("minimum: no sampled row has a right answer, so nothing proves the grader; add ")


@pytest.mark.parametrize(
    ("task_name", "grader", "field", "says"),
    [
        ("pandalm", GraderRequest(name="pandaml"), "grader.name", "no grader 'pandaml' is deployed"),
        ("rft", None, "grader", "this task has no grader of its own"),
    ],
)
def test_a_grader_that_cannot_be_found_names_the_field_and_those_deployed(
    task_name: str, grader: GraderRequest | None, field: str, says: str
) -> None:
    fake = FakeSmokeTest(row=rft_row if task_name == "rft" else pandalm_row)

    with pytest.raises(InvalidRequest, match=says) as refused:
        fake.run(honest, task=task_name, grader=grader and grader.model_dump())

    assert refused.value.field == field
    assert "deployed: finqa, gsm8k, pandalm" in str(refused.value)
    assert fake.ledger.get(RUN).status == RunStatus.SMOKE_TESTING


def dumped(results: Sequence[GradeResult]) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json") for each in results]


def shipped(judge: ScriptedJudge, parallelism: int = 4) -> Grade:
    known = [JudgeClient(judge)]
    return lambda batch: dumped(grade_pandalm(batch, judges=known, seconds_left=60, parallelism=parallelism))


def example_rows(name: str) -> Callable[[int], dict[str, Any]]:
    (file,) = (ROOT / "examples" / name).glob("*.json*")
    text = file.read_text()
    raw = json.loads(text) if file.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    return lambda n: example_row(name, raw[n % len(raw)], n)


SHIPPED: dict[str, Grade] = {
    "pandalm": shipped(ScriptedJudge(otherwise=lambda prompt: stand_in_reply("", prompt).text)),
    "gsm8k": lambda batch: dumped(grade_gsm8k(batch, seconds_left=60)),
    "finqa": lambda batch: dumped(grade_finqa(batch, seconds_left=60)),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_graders_are_trusted_on_their_own_tasks(name: str) -> None:
    fake = FakeSmokeTest(row=example_rows(name))

    outcome = fake.run(SHIPPED[name], task=name)

    assert outcome.trusted, outcome.cause
    compares = name == "pandalm"
    skipped = set() if compares else {"position", "human_agreement"}
    found = fake.verdicts()
    assert {check for check, verdict in found.items() if verdict == "skipped"} - DERIVED_CHECKS == (
        skipped | {"time_of_day"}
    )
    assert set(found.values()) == {"skipped", "pass"}


def order(n: int) -> dict[str, Any]:
    """A row that declares the form of its answers, and knows right and wrong ones."""
    form = {"sections": ["Working", "Result"], "max_words": 80}
    right = f"## Working\n{n} x 6 = {6 * n}\n## Result\n#### {6 * n}"
    return rft_row(
        n,
        reference_answer={
            "answer": str(6 * n),
            "format": form,
            "composite": {"weights": {"gsm8k": 0.8, "format": 0.2}},
        },
        probes={"right": [right], "wrong": [f"Six for each of {n}.\n#### {6 * n + 1}"]},
    )


RULES: dict[str, Grade] = {
    "format": lambda batch: dumped(grade_format(batch, seconds_left=60)),
    "composite": lambda batch: dumped(grade_composite(batch, default={}, seconds_left=60)),
}


@pytest.mark.parametrize("name", RULES)
def test_the_shipped_declared_rule_graders_are_trusted_on_their_rows(name: str) -> None:
    fake = FakeSmokeTest(row=order)

    outcome = fake.run(RULES[name], task="rft", grader={"lambda_arn": FOREIGN})

    assert outcome.trusted, outcome.cause
    assert {check for check, verdict in fake.verdicts().items() if verdict != "pass"} - DERIVED_CHECKS == {
        "position",
        "human_agreement",
        "time_of_day",
    }


def test_the_shipped_judge_is_called_as_planned_and_reports_its_use() -> None:
    fake, judge = FakeSmokeTest(), ScriptedJudge()

    fake.run(shipped(judge))

    report = fake.report
    assert report.planned.right_answers == len(judge.prompts)
    assert report.judge is not None
    assert (report.judge.answers, report.judge.calls) == (len(judge.prompts), len(judge.prompts))
    assert report.judge.input_tokens == 700 * len(judge.prompts)
    assert (report.planned.invocations, report.planned.answers) == (report.invocations, len(report.scores))


def test_the_shipped_judge_is_rejected_early_while_its_model_fails() -> None:
    fake, judge = FakeSmokeTest(), ScriptedJudge(otherwise="I would rather not say.")

    outcome = fake.run(shipped(judge))

    assert outcome.cause.startswith("liveness: the grader reported grader_error on")
    assert len(judge.prompts) < fake.report.planned.right_answers / 4
    assert {s.trial for s in fake.report.scores} == {"canned", *SHAPES}


def test_forty_rows_take_under_90_seconds_at_300_ms_a_judge_call() -> None:
    def slow(_prompt: str) -> str:
        time.sleep(0.3 / SPEED)
        return ALL_TRUE

    fake, started = FakeSmokeTest(), time.monotonic()

    fake.run(shipped(ScriptedJudge(otherwise=slow), parallelism=16))

    assert (time.monotonic() - started) * SPEED < 90


def test_a_thousand_rows_stay_under_256_mb() -> None:
    script = """
from pathlib import Path
from tests.kit.fakes.grader import honest
from tests.kit.fake_smoke_test import FakeSmokeTest
fake = FakeSmokeTest(train=1500, validation=300)
assert fake.run(honest, smoke_test={"sample_size": 1000}).trusted
status = Path("/proc/self/status").read_text()  # a child's ru_maxrss starts at its parent's
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""
    paths = os.pathsep.join(str(ROOT / part) for part in ("layers/rft", "."))
    environment = {**os.environ, "PYTHONPATH": paths}

    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )

    assert int(done.stdout.split()[-1]) < 256


def test_thresholds_of_the_request_replace_the_usual_ones_and_are_recorded() -> None:
    fake = FakeSmokeTest()
    grade = changed(lambda score, _: 0.7 * score)

    strict = fake.run(grade, smoke_test={"minimum_score": 0.75, "thresholds": {"direction_block": 0.25}})

    assert strict.cause.startswith("minimum: mean score 0.70 over 40 right answers (min 0.75)")
    assert fake.report.overrides == {"minimum_block": 0.75, "direction_block": 0.25}
    assert fake.check("direction").limit == 0.3


def test_what_the_ledger_keeps_is_small() -> None:
    fake = FakeSmokeTest()

    fake.run(first_slot_lover)

    summary = fake.ledger.get(RUN).smoke_test
    assert summary is not None
    assert len(summary.model_dump_json()) < 12_000
    assert [check.name for check in summary.checks] == list(BY_WEIGHT)


def test_a_grader_that_an_earlier_run_proved_is_sent_nothing() -> None:
    fake, invoker = FakeSmokeTest(), CallableGrader(honest)
    first = fake.run(invoker)
    sent, record = len(invoker.batches), fake.ledger.get(RUN)
    again = smoke_test_grader(
        run_id=RUN,
        request=record.request,
        dataset=fake.dataset,
        graders={},
        ledger=fake.ledger,
        store=fake.store,
        invoker=invoker,
        clock=fake.clock,
        start=StartPoint(stage="training", dataset=fake.dataset, grader_arn=first.grader_arn),
    )
    assert again == first
    assert len(invoker.batches) == sent
