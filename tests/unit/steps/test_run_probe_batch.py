"""A smoke test too long for one function: several send probes, and the report is that of one."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest

from rft.contracts.ledger import RunRecord
from rft.contracts.probe_batches import PartScores, PendingParts
from rft.contracts.steps import SmokeTestOutcome
from rft.errors import RetryableThrottling, StalePlan
from rft.grading.batch_sizes import MAX_PARALLEL
from rft.smoke_test.attacks import MASTER_KEYS
from rft.smoke_test.plan import PARALLELISM, PART_BATCHES
from rft.smoke_test.replies import JUDGE_CALLED, JUDGE_CALLS
from rft.smoke_test.runner import PROBE_BUDGET
from tests.kit.broken_graders import constant, first_slot_lover
from tests.kit.fake_smoke_test import REPORT, RUN, FakeSmokeTest
from tests.kit.fakes.grader import CallableGrader, Grade, answer_of, honest, result

NO_TIME = timedelta(0)


def judged(batch: list[dict[str, Any]]) -> Any:
    metrics = {JUDGE_CALLED: 1.0, JUDGE_CALLS: 1.0}
    return [result(s, r["aggregate_reward_score"], **metrics) for s, r in zip(batch, honest(batch), strict=True)]


def breaks_in_the_sweep(batch: list[dict[str, Any]]) -> Any:
    if len(batch) == 64:
        raise MemoryError("too much")
    return honest(batch)


def reports_errors_under_attack(batch: list[dict[str, Any]]) -> Any:
    return [
        result(s, 0.0, grader_error=1.0) if answer_of(s) in MASTER_KEYS else r
        for s, r in zip(batch, honest(batch), strict=True)
    ]


def throttled(batch: list[dict[str, Any]]) -> Any:
    raise RetryableThrottling("Invoke: TooManyRequestsException")


GRADERS: dict[str, Grade] = {
    "honest": honest,
    "judged": judged,
    "constant": constant(0.5),
    "first-slot lover": first_slot_lover,
    "breaks at once": constant(2.0),
    "breaks in the sweep": breaks_in_the_sweep,
    "reports errors under attack": reports_errors_under_attack,
}


def both_ways(grade: Grade) -> tuple[FakeSmokeTest, FakeSmokeTest]:
    """One fake where one function sends all probes, and one where others send those that grow with the sample."""
    alone, together = FakeSmokeTest(), FakeSmokeTest(budget=NO_TIME)
    assert alone.run(grade) == together.run(grade)
    assert alone.handed_off == []
    return alone, together


def without_times(fake: FakeSmokeTest) -> str:
    return fake.report.model_dump_json(exclude={"times"})


@pytest.mark.parametrize("name", GRADERS)
def test_the_report_is_identical_for_one_or_several_functions(name: str) -> None:
    alone, together = both_ways(GRADERS[name])

    assert without_times(alone) == without_times(together)
    assert alone.ledger.get(RUN).smoke_test == together.ledger.get(RUN).smoke_test
    assert alone.report.times.functions == 1
    handed_off = sum(len(parts.parts) + 1 for parts in together.handed_off)
    assert together.report.times.functions == handed_off + 1


def test_the_load_check_is_identical_for_one_or_several_functions() -> None:
    step = {"batchSize": 128, "trainingSamplePerPrompt": 8}
    usual = FakeSmokeTest(hyperparameters=step)
    usual.run(honest)
    served = usual.report.planned.invocations - MAX_PARALLEL

    def report(budget: timedelta) -> str:
        fake, calls = FakeSmokeTest(hyperparameters=step, budget=budget), itertools.count()
        fake.run(lambda batch: honest(batch) if next(calls) < served else throttled(batch))
        assert fake.check("load").result == "block"
        return without_times(fake)

    assert report(PROBE_BUDGET) == report(NO_TIME)


def test_an_untrusted_grader_is_found_before_attacks_are_handed_off() -> None:
    honestly, broken_early, broken_late = (FakeSmokeTest(budget=NO_TIME) for _ in range(3))

    honestly.run(honest)
    broken_early.run(constant(2.0))
    broken_late.run(breaks_in_the_sweep)

    assert [len(w.handed_off) for w in (honestly, broken_early, broken_late)] == [3, 0, 1]


def test_every_batch_is_sent_exactly_once() -> None:
    fake, grader = FakeSmokeTest(budget=NO_TIME), CallableGrader(honest)

    fake.run(grader)

    report = fake.report
    assert report.invocations == report.planned.invocations == len(grader.batches)
    parts = [part for handed_off in fake.handed_off for part in handed_off.parts]
    assert len({part.number for part in parts}) == len(parts)
    assert max(len(part.batches) for part in parts) <= PART_BATCHES


def slow(fake: FakeSmokeTest, seconds: float) -> CallableGrader:
    lock = threading.Lock()

    def grade(batch: list[dict[str, Any]]) -> Any:
        with lock:
            fake.clock.advance(seconds=seconds)
        return honest(batch)

    return CallableGrader(grade, seconds=seconds)


def test_a_slow_graders_first_batches_decide_what_is_handed_off() -> None:
    fast, fake = FakeSmokeTest(), FakeSmokeTest()
    fast.run(CallableGrader(honest))

    outcome = fake.run(slow(fake, 17))

    assert outcome.trusted, outcome.cause
    assert without_times(fake) == without_times(fast)
    sweep, *_ = fake.handed_off
    sweep_batches = [n for part in sweep.parts for n in part.batches]
    assert sweep_batches == [23, 24], "four of the six, 19 to 24, showed that the rest would not end in time"
    assert fake.report.times.seconds == 17 * fake.report.invocations


def test_probes_within_the_budget_are_sent_by_one_function() -> None:
    fake = FakeSmokeTest()

    fake.run(slow(fake, 5))

    assert fake.handed_off == []
    assert fake.report.times.functions == 1


def handed_off(fake: FakeSmokeTest, grader: CallableGrader) -> tuple[RunRecord, PendingParts]:
    record = fake.start()
    found = fake.step(record, grader)
    assert isinstance(found, PendingParts)
    return record, found


def test_one_function_limits_its_concurrent_batches() -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(PARALLELISM)

    def counting(batch: list[dict[str, Any]]) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(timeout=10)
        with lock:
            under_way -= 1
        return honest(batch)

    fake = FakeSmokeTest(train=300, budget=NO_TIME)
    record, found = handed_off(fake, CallableGrader(honest))
    first = found.parts[0].model_copy(update={"batches": found.parts[0].batches[:PARALLELISM]})

    fake.run_part(record, CallableGrader(counting), PendingParts(grader_arn=found.grader_arn, parts=(first,)), 0)

    assert most == PARALLELISM


def test_a_repeated_part_stores_the_same_result() -> None:
    fake, grader = FakeSmokeTest(budget=NO_TIME), CallableGrader(honest)
    record, found = handed_off(fake, grader)

    first = fake.store.get_bytes(fake.run_part(record, grader, found, 0))
    second = fake.store.get_bytes(fake.run_part(record, grader, found, 0))

    assert first == second
    assert {b.number for b in PartScores.model_validate_json(first).batches} == set(found.parts[0].batches)


def test_a_step_that_is_repeated_at_any_point_changes_nothing() -> None:
    usual, fake, grader = FakeSmokeTest(budget=NO_TIME), FakeSmokeTest(budget=NO_TIME), CallableGrader(honest)
    usual.run(honest)
    record, found = handed_off(fake, grader)
    assert fake.step(record, grader) == found
    for number in range(len(found.parts)):
        fake.run_part(record, grader, found, number)
    completed = found.parts[-1].number + 1

    for _ in ("attacks", "derived probes"):
        more = fake.step(record, grader, completed)
        assert isinstance(more, PendingParts)
        assert fake.step(record, grader, completed) == more
        for number in range(len(more.parts)):
            fake.run_part(record, grader, more, number)
        completed = more.parts[-1].number + 1

    outcome = fake.step(record, grader, completed)
    assert isinstance(outcome, SmokeTestOutcome)
    assert fake.step(record, grader, completed) == outcome
    assert without_times(fake) == without_times(usual)


def test_throttling_of_a_part_is_retried_by_the_state_machine() -> None:
    fake = FakeSmokeTest(budget=NO_TIME)
    record, found = handed_off(fake, CallableGrader(honest))

    with pytest.raises(RetryableThrottling):
        fake.run_part(record, CallableGrader(throttled), found, 0)

    part = PartScores.model_validate_json(fake.store.get_bytes(fake.store.uri(f"runs/{RUN}/smoke_test/part-0001.json")))
    assert (part.batches, part.unanswered) == ((), {})
    assert REPORT not in fake.store.objects


def test_scores_of_other_answers_are_refused() -> None:
    fake, grader = FakeSmokeTest(budget=NO_TIME), CallableGrader(honest)
    record, found = handed_off(fake, grader)
    for number in range(len(found.parts)):
        uri = fake.run_part(record, grader, found, number)
    stored = PartScores.model_validate_json(fake.store.get_bytes(uri))
    first, second, *rest = stored.batches
    swapped = (first.model_copy(update={"number": second.number}), second.model_copy(update={"number": first.number}))
    fake.store.put_bytes(uri, stored.model_copy(update={"batches": (*swapped, *rest)}).model_dump_json().encode())

    with pytest.raises(StalePlan, match="has different answers now; start the run again"):
        fake.step(record, grader, found.parts[-1].number + 1)

    assert REPORT not in fake.store.objects


def test_a_batch_outside_the_plan_is_refused() -> None:
    fake, grader = FakeSmokeTest(budget=NO_TIME), CallableGrader(honest)
    record, found = handed_off(fake, grader)
    beyond = found.parts[0].model_copy(update={"batches": (999,)})

    with pytest.raises(StalePlan, match="no batch 999"):
        fake.run_part(record, grader, PendingParts(grader_arn=found.grader_arn, parts=(beyond,)), 0)
