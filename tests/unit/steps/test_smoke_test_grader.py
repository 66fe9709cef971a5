"""The step as a run meets it: honest graders pass, and each way of being broken is rejected with its own reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import GraderRequest
from rft.contracts.smoke_test import SmokeTestReport, Verdict
from rft.contracts.steps import PreparedDataset, SmokeTestOutcome
from rft.errors import InvalidRequest, RetryableThrottling
from rft.steps.grade_pandalm import grade_pandalm
from rft.steps.judging import KnownJudge
from rft.steps.smoke_test_grader import smoke_test_grader
from rft.tasks import task
from tests.fakes.clock import FixedClock
from tests.fakes.grader import CallableGrader, Grade, TimedOut, answer_of, honest, result
from tests.fakes.judge import ScriptedJudge
from tests.fakes.ledger import MemoryLedger
from tests.fakes.records import run_record
from tests.fakes.store import MemoryStore

RUN = "judge-20261120t120000-0a1b2c3d"
PANDALM = "arn:aws:lambda:us-east-1:123456789012:function:pandalm"
FOREIGN = "arn:aws:lambda:us-east-1:123456789012:function:theirs"
REPORT = f"s3://data-bucket/runs/{RUN}/smoke_test.json"


def pandalm_row(n: int) -> dict[str, Any]:
    votes = {"annotator1": n % 3, "annotator2": n % 3, "annotator3": 1}
    raw = {"instruction": f"Task {n}", "input": "", "response1": f"One {n}", "response2": f"Two {n}", **votes}
    example = task("pandalm").read(raw)
    return {
        "messages": [message.model_dump() for message in example.messages],
        "reference_answer": example.reference_answer,
        "task_id": f"pandalm-{n}",
        "domain": example.domain,
        "data_source": "pandalm",
        "run_id": RUN,
        **(example.extra or {}),
    }


def rft_row(n: int, **more: Any) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": f"Name number {n}"}],
        "reference_answer": f"number {n}",
        "task_id": f"rft-{n}",
        "domain": "general",
        "data_source": "rft",
        "run_id": RUN,
        **more,
    }


class World:
    """A run that is ready to be smoke-tested."""

    def __init__(self, *, train: int = 120, validation: int = 15, row: Callable[[int], Any] = pandalm_row) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.store = MemoryStore()
        self.dataset = PreparedDataset(
            manifest_uri="s3://data-bucket/m.json",
            digest="sha256:0",
            train_uri=self._write("train", range(train), row),
            validation_uri=self._write("validation", range(train, train + validation), row),
            train_rows=train,
            validation_rows=validation,
            hyperparameters={},
        )

    def _write(self, split: str, numbers: range, row: Callable[[int], Any]) -> str:
        uri = self.store.uri(f"runs/{RUN}/dataset/{split}-{len(numbers)}.jsonl")
        self.store.put_bytes(uri, b"".join(json.dumps(row(n)).encode() + b"\n" for n in numbers))
        return uri

    def run(self, grade: Grade | CallableGrader, *, task: str = "pandalm", **more: Any) -> SmokeTestOutcome:
        record = run_record(RUN, **{"dataset": {"task": task, "uri": "s3://data-bucket/x"}, **more})
        self.ledger.create(record.model_copy(update={"status": RunStatus.PREPARING}))
        return smoke_test_grader(
            run_id=RUN,
            request=record.request,
            dataset=self.dataset,
            graders={"pandalm": PANDALM},
            ledger=self.ledger,
            store=self.store,
            invoker=grade if isinstance(grade, CallableGrader) else CallableGrader(grade),
            clock=self.clock,
        )

    @property
    def report(self) -> SmokeTestReport:
        return SmokeTestReport.model_validate_json(self.store.get_bytes(REPORT))

    def verdicts(self) -> dict[str, str]:
        return {check.name: check.verdict.value for check in self.report.checks}


def test_an_honest_grader_is_trusted_and_everything_is_recorded() -> None:
    world, grader = World(), CallableGrader(honest)

    outcome = world.run(grader)

    assert outcome == SmokeTestOutcome(trusted=True, grader_arn=PANDALM, report_uri=REPORT, cause="")
    assert grader.arns == {PANDALM}
    report = world.report
    assert report.trusted
    assert report.reasons == ()
    assert set(world.verdicts().values()) == {"pass"}
    assert report.invocations == len(grader.batches)
    assert len(report.scores) == sum(len(batch) for batch in grader.batches)
    record = world.ledger.get(RUN)
    assert record.status == RunStatus.SMOKE_TESTING
    assert record.grader_arn == PANDALM
    assert record.smoke_test is not None
    assert record.smoke_test.trusted
    assert record.smoke_test.mean_right == 1.0
    assert record.smoke_test.mean_wrong == pytest.approx(0.1)


def test_at_least_five_rows_of_each_split_are_asked_in_batches_of_at_most_32() -> None:
    world, grader = World(), CallableGrader(honest)

    world.run(grader, smoke_test={"sample_size": 10})

    rows = {split: {s.task_id for s in world.report.scores if s.split == split} for split in ("train", "validation")}
    assert {split: len(ids) for split, ids in rows.items()} == {"train": 5, "validation": 5}
    assert max(len(batch) for batch in grader.batches) <= 32
    assert [s.kind for s in world.report.scores[:3]] == ["canned"] * 3


def test_samples_reach_the_grader_as_bedrock_sends_them_under_opaque_ids() -> None:
    world, grader = World(), CallableGrader(honest)

    world.run(grader)

    sample = grader.batches[1][0]
    assert [turn["role"] for turn in sample["messages"]] == ["system", "user", "assistant"]
    assert sample["reference_answer"]["label"] in {"Response 1", "Response 2", "Tie"}
    assert {"task_id", "domain", "data_source", "run_id", "votes"} <= sample.keys()
    ids = [s["id"] for batch in grader.batches for s in batch]
    assert len(set(ids)) == len(ids)
    assert not any(word in text for text in ids for word in ("right", "wrong", "pandalm"))


def test_the_same_seed_gives_the_same_report_and_another_seed_another_sample() -> None:
    def report(seed: int) -> SmokeTestReport:
        world = World()
        split = {"seed": seed}
        world.run(honest, dataset={"task": "pandalm", "uri": "s3://data-bucket/x", "split": split})
        return world.report

    assert report(7).model_dump_json() == report(7).model_dump_json()
    assert {s.task_id for s in report(7).scores} != {s.task_id for s in report(8).scores}


def constant(score: float, **metrics: float) -> Grade:
    return lambda batch: [result(sample, score, **metrics) for sample in batch]


def inverted(batch: list[dict[str, Any]]) -> Any:
    return [{**r, "aggregate_reward_score": 1 - r["aggregate_reward_score"]} for r in honest(batch)]


def raising(batch: list[dict[str, Any]]) -> Any:
    raise KeyError("label")


def timing_out(batch: list[dict[str, Any]]) -> Any:
    raise TimedOut


def one_nan(batch: list[dict[str, Any]]) -> Any:
    return [result(batch[0], float("nan")), *honest(batch[1:])]


def nan_in_a_key_nobody_reads(batch: list[dict[str, Any]]) -> Any:
    return [{**r, "debug": float("inf")} for r in honest(batch)]


def wrong_ids(batch: list[dict[str, Any]]) -> Any:
    return [{**r, "id": f"no-id-{n}"} for n, r in enumerate(honest(batch))]


def number_ids(batch: list[dict[str, Any]]) -> Any:
    return [{**r, "id": n} for n, r in enumerate(honest(batch))]


def mean_only(batch: list[dict[str, Any]]) -> Any:
    return [{**r, "aggregate_reward_score": 0.4 * r["aggregate_reward_score"]} for r in honest(batch)]


def down_after_the_canned_batch(batch: list[dict[str, Any]]) -> Any:
    return honest(batch) if "canned" in answer_of(batch[0]) else constant(0.0, grader_error=1.0)(batch)


def one_in_twenty_ids_wrong(batch: list[dict[str, Any]]) -> Any:
    return [{**r, "id": "0"} if n % 20 == 19 else r for n, r in enumerate(honest(batch))]


BROKEN: dict[str, tuple[Grade, str]] = {
    "constant 0": (constant(0.0), "spread: the grader is constant at about 0.00"),
    "constant 0.5": (constant(0.5), "spread: the grader is constant at about 0.50"),
    "constant 1": (constant(1.0), "spread: the grader is constant at about 1.00"),
    "judge down scored 0.5": (constant(0.5, judge_failed=1.0), "spread: the grader is constant at about 0.50"),
    "judge down scored 0": (
        constant(0.0, grader_error=1.0),
        "liveness: the grader reported grader_error on 243 of 243",
    ),
    "judge down marked, scored 0.5": (constant(0.5, grader_error=1.0), "liveness: the grader reported grader_error on"),
    "judge down later": (down_after_the_canned_batch, "liveness: the grader reported grader_error on 240 of 243"),
    "inverted": (inverted, "direction: right beats wrong on 0 of 40 rows (0%), 0 tied"),
    "too strict": (mean_only, "minimum: 40 right answers earn 0.40 on average; at least 0.5 is needed"),
    "raising": (raising, "contract: 3 of 3 answers got no valid result: it failed with KeyError: 'label'"),
    "timing out": (timing_out, "it failed with Sandbox.Timedout: Task timed out"),
    "NaN": (one_nan, "its reply holds NaN, which is not JSON and not a score"),
    "Infinity unread": (nan_in_a_key_nobody_reads, "its reply holds Infinity, which is not JSON"),
    "wrong ids": (wrong_ids, "it returned the id 'no-id-0' where"),
    "ids as numbers": (number_ids, "it returned the id 0 where"),
    "1 in 20 ids wrong": (one_in_twenty_ids_wrong, "it returned the id '0' where"),
    "shuffled": (lambda batch: honest(batch)[::-1], "it returned the results in another order than the samples"),
    "missing": (lambda batch: honest(batch)[:-1], "it returned 2 results for 3 samples"),
    "extra": (lambda batch: [*honest(batch), result({"id": "x"}, 0.0)], "it returned 4 results for 3 samples"),
    "nothing": (lambda batch: None, "it replied with None where an array of results belongs"),
    "error payload": (lambda batch: {"error": "no"}, "it replied with {'error': 'no'} where an array"),
    "HTTP answer": (lambda batch: {"statusCode": 200, "body": json.dumps(honest(batch))}, "it replied with {'statusC"),
    "over 1": (constant(1.5), "aggregate_reward_score is 1.5: input should be less than or equal to 1"),
    "negative": (constant(-0.1), "aggregate_reward_score is -0.1: input should be greater than or equal to 0"),
    "text score": (
        lambda b: [{**r, "aggregate_reward_score": "1"} for r in honest(b)],
        "aggregate_reward_score is '1'",
    ),
    "no score": (lambda b: [{"id": s["id"]} for s in b], "field required"),
    "metric of no type": (
        lambda b: [{**r, "metrics_list": [{"name": "a", "value": 1, "type": "Score"}]} for r in honest(b)],
        "metrics_list.0.type is 'Score'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_grader_is_rejected_with_its_own_reason(name: str) -> None:
    grade, reason = BROKEN[name]
    world = World()

    outcome = world.run(grade)

    assert not outcome.trusted
    assert reason in world.report.reasons[0]
    assert outcome.cause.startswith(world.report.reasons[0])
    summary = world.ledger.get(RUN).smoke_test
    assert summary is not None
    assert summary.reasons == world.report.reasons


def test_a_grader_that_fails_the_canned_batch_costs_one_call_and_the_rest_is_not_done() -> None:
    world, grader = World(), CallableGrader(timing_out)

    world.run(grader)

    assert world.report.invocations == len(grader.batches) == 1
    assert world.verdicts() == {"contract": "block"} | dict.fromkeys(
        ("liveness", "spread", "direction", "minimum", "sample"), "not_done"
    )


def test_an_error_is_never_a_score() -> None:
    world = World()

    world.run(constant(0.5, grader_error=1.0))

    assert {(s.score, s.error) for s in world.report.scores} == {(None, "the grader reported grader_error")}
    summary = world.ledger.get(RUN).smoke_test
    assert summary is not None
    assert (summary.mean_right, summary.mean_wrong) == (None, None)


def test_one_batch_that_fails_rejects_the_grader_and_keeps_the_other_scores() -> None:
    failures = iter([MemoryError("too much")])

    def fails_once(batch: list[dict[str, Any]]) -> Any:
        if len(batch) == 32 and (failure := next(failures, None)):
            raise failure
        return honest(batch)

    world = World()

    outcome = world.run(fails_once)

    assert "contract: 32 of 243 answers got no valid result: it failed with MemoryError: too much" in outcome.cause
    assert sum(s.score is None for s in world.report.scores) == 32


def test_a_grader_too_slow_for_the_step_is_rejected_before_the_step_runs_out_of_time() -> None:
    world = World()

    def slow(batch: list[dict[str, Any]]) -> Any:
        world.clock.advance(seconds=600)
        return honest(batch)

    outcome = world.run(CallableGrader(slow))

    assert "it was too slow: 540 s were over before it was asked" in outcome.cause
    assert world.report.invocations < 1 + 8


def test_throttling_is_for_the_state_machine_to_wait_out() -> None:
    def throttled(batch: list[dict[str, Any]]) -> Any:
        raise RetryableThrottling("Invoke: TooManyRequestsException")

    world = World()

    with pytest.raises(RetryableThrottling):
        world.run(throttled)

    assert world.ledger.get(RUN).status == RunStatus.SMOKE_TESTING
    assert REPORT not in world.store.objects


def test_a_retried_step_gives_the_same_outcome() -> None:
    world = World()

    first, second = world.run(honest), world.run(honest)

    assert first == second
    assert [event.after for event in world.ledger.events(RUN)] == [RunStatus.PREPARING, RunStatus.SMOKE_TESTING]


def test_few_validation_rows_are_all_taken_and_the_report_says_so() -> None:
    world = World(validation=3)

    outcome = world.run(honest)

    assert outcome.trusted
    (sample,) = [check for check in world.report.checks if check.name == "sample"]
    assert sample.verdict == Verdict.WARN
    assert sample.detail.startswith("32 of 32 train rows and 3 of 8 validation rows have right and wrong answers")


def exact(batch: list[dict[str, Any]]) -> Any:
    return [result(s, float(answer_of(s) == s["reference_answer"])) for s in batch]


def test_rows_with_their_own_probes_are_found_among_many_without() -> None:
    def row(n: int) -> dict[str, Any]:
        probes = {"right": [f"number {n}"], "wrong": ["something else"]}
        return rft_row(n, probes=probes) if n % 12 == 0 else rft_row(n)

    world = World(row=row)

    outcome = world.run(exact, task="rft", grader={"lambda_arn": FOREIGN})

    assert outcome.trusted
    assert outcome.grader_arn == FOREIGN
    (direction,) = [check for check in world.report.checks if check.name == "direction"]
    assert (direction.verdict, direction.n) == (Verdict.PASS, 12)


def test_without_wrong_answers_direction_is_not_done_and_never_passed() -> None:
    world = World(row=rft_row)

    outcome = world.run(exact, task="rft", grader={"name": "pandalm"})

    assert outcome.trusted
    assert world.verdicts()["direction"] == "not_done"
    assert world.verdicts()["sample"] == "warn"


@pytest.mark.parametrize("score", [0.5, 1.0])
def test_a_constant_grader_shows_even_without_wrong_answers(score: float) -> None:
    world = World(row=rft_row)

    outcome = world.run(constant(score), task="rft", grader={"name": "pandalm"})

    assert outcome.cause.startswith(f"spread: the grader is constant at about {score:.2f}")


def test_without_any_right_answer_nothing_is_proven_and_the_reason_says_what_to_do() -> None:
    world = World(row=lambda n: rft_row(n) | {"reference_answer": {"steps": [n]}})

    outcome = world.run(constant(1.0), task="rft", grader={"name": "pandalm"})

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
    world = World(row=rft_row if task_name == "rft" else pandalm_row)

    with pytest.raises(InvalidRequest, match=says) as refused:
        world.run(honest, task=task_name, grader=grader and grader.model_dump())

    assert refused.value.field == field
    assert "deployed: pandalm" in str(refused.value)
    assert world.ledger.get(RUN).status == RunStatus.SMOKE_TESTING


def shipped(judge: ScriptedJudge) -> Grade:
    def grade(batch: list[dict[str, Any]]) -> Any:
        results = grade_pandalm(batch, judges=[KnownJudge(judge)], seconds_left=60, parallelism=4, on_judge_error="zero")
        return [result.model_dump(mode="json") for result in results]

    return grade


def test_the_shipped_judge_is_trusted_on_its_own_task() -> None:
    world = World()

    outcome = world.run(shipped(ScriptedJudge()))

    assert outcome.trusted
    assert set(world.verdicts().values()) == {"pass"}


def test_the_shipped_judge_is_rejected_while_its_model_answers_nonsense() -> None:
    outcome = World().run(shipped(ScriptedJudge(otherwise="I would rather not say.")))

    assert outcome.cause.startswith("liveness: the grader reported grader_error on 40 of 243 answers")
