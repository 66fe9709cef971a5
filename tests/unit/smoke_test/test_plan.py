from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.contracts.run_request import HyperParameters
from rft.datasets.records import MAX_RECORD
from rft.grading.batch_sizes import BATCH_SAMPLES, MAX_PARALLEL, ROLLOUTS_PER_STEP, rollouts_per_step
from rft.rewards.samples import read_sample
from rft.smoke_test.plan import (
    LOAD,
    PARALLELISM,
    PART_BATCHES,
    ROUNDS,
    ProbeBatch,
    SmokeTestPlan,
    build_plan,
    divide,
)
from rft.smoke_test.probes import ATTACKED_ROWS
from rft.smoke_test.sampling import SampledRow
from rft.smoke_test.shapes import SHAPES
from rft.tasks import task
from tests.kit.fake_smoke_test import pandalm_row
from tests.kit.sampled_rows import sampled


def rows(count: int) -> list[SampledRow]:
    return [
        SampledRow(split="train", position=n, row=DatasetRow.model_validate(pandalm_row(n)), size=1000)
        for n in range(count)
    ]


def planned(count: int = 12, **settings: Any) -> SmokeTestPlan:
    return build_plan(rows(count), task("pandalm"), 1, **settings)


def sent(count: int = 12, **settings: Any) -> list[ProbeBatch]:
    return list(planned(count, **settings).batches.values())


def trial(name: str, found: list[ProbeBatch]) -> list[ProbeBatch]:
    return [batch for batch in found if batch.trial == name]


def test_a_cheap_batch_goes_first_and_the_load_last() -> None:
    found = sent()

    assert len(found[0].probes) == 3
    assert found[-1].trial == LOAD


def test_fixed_phases_are_planned_apart_from_growing_ones() -> None:
    small, large = (planned(count).phases for count in (12, 200))

    assert [phase.grows for phase in large] == [False] * 4 + [True] * 3 + [False] * 2
    assert next(iter(large[-1].batches.values())).trial == LOAD
    for one, other in zip(small, large, strict=True):
        if next(iter(other.batches.values())).trial != "derived":  # on a few rows, however many there are
            assert (len(one.batches) < len(other.batches)) is other.grows


def test_every_call_has_a_unique_number_in_plan_order() -> None:
    found = planned()

    assert [n for phase in found.phases for n in phase.batches] == list(range(len(found.batches)))


def test_parts_cover_all_calls_within_their_functions_time() -> None:
    found = divide(range(17, 40), 3)

    assert [number for part in found for number in part.batches] == list(range(17, 40))
    assert [part.number for part in found] == [3, 4, 5]
    rounds = PART_BATCHES / PARALLELISM
    assert max(len(part.batches) for part in found) == PART_BATCHES
    assert rounds * 300 + 240 <= 900, "each batch is waited for for 300 s; the rest is for reading the rows"


def test_the_largest_sample_makes_few_parts_within_an_executions_limit() -> None:
    def count(size: int) -> int:
        found = build_plan([replace(row, size=size) for row in rows(1000)], task("pandalm"), 1)
        return sum(len(divide(tuple(phase.batches), 0)) for phase in found.phases if phase.grows)

    assert count(4_000) <= 40, "what an inline Map is meant for"
    assert count(MAX_RECORD) * 7 <= 5_000, "events, of the 25,000 that an execution may have"


def test_the_same_batch_goes_out_three_times_one_after_the_other() -> None:
    phase = planned().phases[2]
    first, second, third = phase.batches.values()

    assert first.trial == ROUNDS[0]
    assert phase.parallel == 1
    assert first.event() == second.event() == third.event()


def test_batches_have_unique_ids_and_at_most_the_size_of_a_real_one() -> None:
    for batch in sent(12, rollouts_per_step=1024):
        ids = [probe.id for probe in batch.probes]
        assert len(set(ids)) == len(ids) <= BATCH_SAMPLES


@pytest.mark.parametrize(("rollouts", "sizes"), [(32, [32]), (256, [64] * 4), (8192, [64] * MAX_PARALLEL)])
def test_the_load_matches_the_concurrency_of_a_training_step(rollouts: int, sizes: list[int]) -> None:
    found = trial(LOAD, sent(rollouts_per_step=rollouts))

    assert [len(batch.probes) for batch in found] == sizes
    right = [probe.right for batch in found for probe in batch.probes]
    assert sum(right) == len(right) / 2


def test_attacks_use_at_most_100_rows_across_the_sample() -> None:
    attacked = {p.source.position for batch in trial("attacks", sent(250)) for p in batch.probes}

    assert len(attacked) == ATTACKED_ROWS
    assert max(attacked) > 240


def test_the_cost_is_known_before_the_first_call() -> None:
    found = planned(40, rollouts_per_step=64)
    probes = [probe for batch in found.batches.values() for probe in batch.probes]

    assert found.calls.answers == len(probes)
    assert found.calls.invocations == len(found.batches)
    assert found.calls.right_answers == sum(probe.right for probe in probes) < 250


def test_rollouts_per_step_come_from_the_hyperparameters() -> None:
    assert rollouts_per_step(HyperParameters(batchSize=16, trainingSamplePerPrompt=8)) == 128
    assert rollouts_per_step(HyperParameters(batchSize=16)) == ROLLOUTS_PER_STEP


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("row", [sampled(0), *rows(1)], ids=["text", "object"])
def test_every_payload_shape_is_read_as_the_same_sample(shape: str, row: SampledRow) -> None:
    name = "rft" if row.row.data_source == "rft" else "pandalm"
    found = list(build_plan([row], task(name), 1).batches.values())
    flat, shaped = (next(a for a in found if a.trial == t).event() for t in (ROUNDS[0], shape))

    by_id = {sample["id"]: read_sample(sample) for sample in flat}

    assert shaped
    assert [read_sample(sample) for sample in shaped] == [by_id[sample["id"]] for sample in shaped]
    assert all(sample not in flat for sample in shaped)
