from __future__ import annotations

import statistics
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.dataset import Recommendation
from rft.contracts.metrics import Reading, TrainingMetrics
from rft.contracts.telemetry import Rollout
from rft.training.metrics import MAX_REASONS, Course, course_of, ended, with_batch
from tests.kit.records import run_record
from tests.kit.rollouts import group, judged, rollout

SCORES = st.none() | st.sampled_from([0.0, 0.25, 1.0]) | st.floats(0, 1)
ROLLOUTS = st.lists(
    st.builds(rollout, SCORES, task=st.sampled_from("abc"), answer_length=st.none() | st.integers(0, 5000)),
    max_size=60,
)
EVENTS = st.lists(st.builds(rollout, SCORES, split=st.sampled_from(["train", "validation", "test", None])), max_size=60)


def course(size: int = 4) -> Course:
    return Course(TrainingMetrics(rollouts_per_step=size), Reading())


def measured(*objects: list[Rollout], size: int = 4) -> Course:
    found = course(size)
    for rollouts in objects:
        found = with_batch(found, rollouts)
    return found


def test_a_steps_metrics_match_its_rollouts() -> None:
    rows = [*group(0.0, 1.0, task="a"), *group(0.5, 0.5, task="b", answer_length=300)]
    (point,) = measured(rows).metrics.training
    assert (point.step, point.rollouts, point.errors) == (1, 4, 0)
    assert (point.reward, point.spread) == (0.5, round(statistics.pstdev([0, 1, 0.5, 0.5]), 6))
    assert (point.groups, point.flat_groups, point.length) == (2, 0.5, 200)


def test_an_error_is_counted_and_in_no_mean() -> None:
    rows = [*group(None, 0.8, task="a"), *group(None, 0.4, task="b")]
    (point,) = measured(rows).metrics.training
    assert (point.errors, point.reward, point.spread) == (2, 0.6, 0.2)
    assert (point.groups, point.flat_groups) == (0, None), "one scored answer is no group"


def test_a_step_of_errors_alone_has_no_reward() -> None:
    (point,) = measured(group(None, None, None, None)).metrics.training
    assert (point.rollouts, point.errors, point.reward, point.spread, point.flat_groups) == (4, 4, None, None, None)


def test_equal_reasons_of_errors_are_counted_once_with_one_example() -> None:
    rows = [rollout(None, error_reason=f"KeyError: {n % 2}", id=str(n)) for n in range(5)]
    many = [rollout(None, error_reason=f"other {n}", id=f"o{n}") for n in range(9)]
    reasons = measured(rows[:2], [*rows[2:], *many]).metrics.error_reasons
    assert [(each.reason, each.count, each.example) for each in reasons[:2]] == [
        ("KeyError: 0", 3, "0"),
        ("KeyError: 1", 2, "1"),
    ]
    assert len(reasons) == MAX_REASONS


@given(rows=ROLLOUTS, size=st.integers(1, 20))
def test_steps_are_made_of_rollouts_in_their_order(rows: list[Rollout], size: int) -> None:
    found = measured(rows, size=size)
    points = found.metrics.training
    assert len(points) == found.metrics.steps == len(rows) // size
    assert found.reading.step.rollouts == len(rows) % size
    for number, point in enumerate(points):
        of_step = rows[number * size : (number + 1) * size]
        scores = [row.score for row in of_step if row.score is not None]
        groups: dict[str, list[float]] = defaultdict(list)
        for row in of_step:
            if row.score is not None:
                groups[str(row.task_id)].append(row.score)
        full = [each for each in groups.values() if len(each) > 1]
        lengths = [row.answer_length for row in of_step if row.answer_length is not None]
        assert point.errors == size - len(scores)
        assert point.reward == (pytest.approx(statistics.fmean(scores), abs=1e-6) if scores else None)
        assert point.spread == (pytest.approx(statistics.pstdev(scores), abs=1e-4) if scores else None)
        assert point.length == (pytest.approx(statistics.fmean(lengths), abs=0.051) if lengths else None)
        assert point.groups == len(full)
        alike = [max(each) - min(each) < 1e-9 for each in full]
        assert point.flat_groups == (pytest.approx(statistics.fmean(alike), abs=1e-6) if full else None)


@given(rows=EVENTS, size=st.integers(1, 8), data=st.data())
def test_metrics_do_not_depend_on_the_division_into_objects(
    rows: list[Rollout], size: int, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    parts = [rows[start:end] for start, end in pairwise([0, *cuts, len(rows)])]
    whole, cut = measured(rows, size=size), measured(*parts, size=size)
    assert cut.metrics == whole.metrics
    assert cut.reading == whole.reading


@given(rows=EVENTS)
def test_metrics_survive_serialization_between_batches(rows: list[Rollout]) -> None:
    found = course()
    for row in rows:
        found = Course(
            TrainingMetrics.model_validate_json(found.metrics.model_dump_json()),
            Reading.model_validate_json(found.reading.model_dump_json()),
        )
        found = with_batch(found, [row])
    assert found == measured(rows)


def test_validation_belongs_to_the_step_that_it_followed() -> None:
    held_out = group(1.0, 0.0, split="validation")
    step = group(0.5, 0.5, 0.5, 0.5)
    found = measured(held_out, step, held_out, held_out, step, step, group(1.0, split="validation")).metrics
    assert [(p.step, p.rollouts, p.reward) for p in found.validation] == [(0, 2, 0.5), (1, 4, 0.5), (3, 1, 1.0)]
    assert [p.reward for p in found.training] == [0.5] * 3
    assert found.rollouts == 12 + 7


def test_validation_that_arrives_before_its_steps_rollouts_stays_with_it() -> None:
    found = measured(group(1, 1, 1), group(0.5, split="validation"), group(1), group(0.7, split="validation")).metrics
    assert [(p.step, p.rollouts, p.reward) for p in found.validation] == [(1, 2, 0.6)]


def test_rows_of_the_test_split_are_not_counted_as_training() -> None:
    found = measured(group(1, 1, 1, 1, split="test")).metrics
    assert (found.steps, found.validation, found.rollouts) == (0, (), 4)


def test_judge_usage_is_summed_by_step_and_in_total() -> None:
    use = judged(2, input_tokens=100, output_tokens=10)
    found = measured([rollout(0.5, judge=use)] * 5, [rollout(0.5, split="validation", judge=use)]).metrics
    assert [p.judge_calls for p in found.training] == [8]
    assert found.judge == judged(12, input_tokens=600, output_tokens=60)


def test_a_score_too_small_to_store_is_zero() -> None:
    found = measured([rollout(1e-300)])
    assert found.reading.step.scores == 0


@pytest.mark.parametrize(("rest", "steps"), [(0, 1), (1, 1), (2, 2), (3, 2)])
def test_an_incomplete_last_step_counts_as_one(rest: int, steps: int) -> None:
    found = ended(measured(group(*[0.5] * (4 + rest))))
    assert found.metrics.steps == len(found.metrics.training) == steps
    assert ended(found) == found


def test_old_steps_are_merged_without_loss() -> None:
    found = course(size=2)
    for number in range(3000):
        found = with_batch(found, group(number / 3000, number / 3000, judge=judged(1)))
    points = found.metrics.training
    assert len(points) == 200
    assert [p.steps for p in points[-100:]] == [1] * 100
    older = [p.steps for p in points[:-100]]
    assert max(older) <= 2 * min(older)
    assert sum(p.steps for p in points) == points[-1].step == 3000
    assert [b.step - a.step for a, b in pairwise(points)] == [p.steps for p in points[1:]]
    assert sum(p.rollouts for p in points) == sum(p.judge_calls for p in points) == 6000
    assert [p.reward for p in points] == sorted(p.reward or 0 for p in points)
    mean = sum((p.reward or 0) * p.rollouts for p in points) / 6000
    assert mean == pytest.approx(statistics.fmean(n / 3000 for n in range(3000)), abs=1e-4)


def test_old_validations_are_merged_too() -> None:
    found = course(size=1)
    for number in range(500):
        found = with_batch(found, [rollout(0.5), rollout(number / 500, split="validation")])
    assert len(found.metrics.validation) == 120
    assert sum(p.passes for p in found.metrics.validation) == 500


def test_a_run_begins_with_the_size_of_its_steps() -> None:
    chosen = {"batchSize": 16, "trainingSamplePerPrompt": 4, "epochCount": 2}
    settings = {name: Recommendation(value=value, source="request", reason="asked") for name, value in chosen.items()}
    begun = course_of(run_record().model_copy(update={"hyperparameters": settings}))
    assert begun is not None
    assert begun.metrics == TrainingMetrics(rollouts_per_step=64)


def test_a_run_with_an_unknown_step_size_has_no_metrics() -> None:
    assert course_of(run_record()) is None
