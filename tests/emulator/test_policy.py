"""The emulated model: its answers, its training, and the resulting verdicts on graders."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.simulator.behaviours import BEHAVIOURS, RIGHT, initial_mix, render_answers
from emulator.simulator.grpo import EPSILON, Group, advantages, gradient_step, softmax
from emulator.simulator.plan import plan_simulation
from emulator.simulator.policy import GradedGroup, Policy, SimulatedRollout
from emulator.simulator.simulation import simulate
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GRADER_ERROR, GradeResult, Metric
from rft_cli.graders.local_rows import known_task, local_rows
from tests.kit.project import ROOT
from tests.kit.simulated_policies import trained


@pytest.mark.parametrize(
    ("task", "file"), [("pandalm", "comparisons.json"), ("gsm8k", "questions.jsonl"), ("finqa", "questions.jsonl")]
)
def test_each_task_has_answers_for_every_behaviour(task: str, file: str) -> None:
    for row in local_rows(ROOT / "examples" / task / file, known_task(task)).rows:
        texts = render_answers(row)
        assert tuple(texts) == BEHAVIOURS
        right = {text for _, text in texts[RIGHT]}
        assert not any(text in right for name in BEHAVIOURS if name != RIGHT for _, text in texts[name])
        assert len(texts["verbose"][0][1]) > 2 * len(row.messages[-1].content)
    assert sum(initial_mix(task).values()) == pytest.approx(1)


def test_a_row_of_an_unknown_task_gets_the_generic_behaviours(rows: list[DatasetRow]) -> None:
    row = rows[0].model_copy(update={"data_source": "somebody-elses", "reference_answer": {"label": "?"}})
    answers = Policy(seed="s", learning_rate=5e-5).answers(row, 50, at="")
    assert {answer.behaviour for answer in answers} <= set(BEHAVIOURS) - {"right", "near_miss", "malformed", "hedging"}


def test_answers_before_training_follow_the_initial_mix(rows: list[DatasetRow]) -> None:
    policy = Policy(seed="s", learning_rate=5e-5)
    drawn = [answer for n, row in enumerate(rows[:100]) for answer in policy.answers(row, 20, at=str(n))]
    assert statistics.fmean(answer.right for answer in drawn) == pytest.approx(0.45, abs=0.04)
    assert policy.mix("pandalm") == pytest.approx(initial_mix("pandalm"))


def test_answers_depend_on_the_seed_and_on_no_earlier_call(rows: list[DatasetRow]) -> None:
    def texts(seed: str, order: Sequence[int]) -> dict[int, list[str]]:
        policy = Policy(seed=seed, learning_rate=5e-5)
        return {n: [answer.text for answer in policy.answers(rows[n], 4, at="step 1")] for n in order}

    assert texts("a", range(30)) == texts("a", range(29, -1, -1)) != texts("b", range(30))


def test_a_policy_can_start_from_another_policys_logits(rows: list[DatasetRow]) -> None:
    learned = trained(rows, lambda r: float(r.right), seed=1).policy
    again = Policy(seed="other", learning_rate=5e-5, logits=learned.logits)
    assert again.mix("pandalm") == learned.mix("pandalm")
    assert statistics.fmean(again.answer(row).right for row in rows) > 0.85


def reference_update(logits: np.ndarray, groups: list[tuple[list[int], list[int], list[float]]], rate: float) -> Any:
    """GRPO with matrices: one-hot minus softmax, weighted by advantage, averaged per group, then over groups."""
    steps = []
    for offered, drawn, scores in groups:
        masked = np.full_like(logits, -np.inf)
        masked[offered] = logits[offered]
        exponents = np.exp(masked - masked.max())
        earned = np.asarray(scores)
        flat = np.ptp(earned) == 0
        advantage = np.zeros_like(earned) if flat else (earned - earned.mean()) / (earned.std(ddof=1) + EPSILON)
        score_functions = np.eye(len(logits))[drawn] - exponents / exponents.sum()
        steps.append((advantage[:, None] * score_functions).mean(axis=0))
    return logits + rate * np.mean(steps, axis=0)


@st.composite
def batches(draw: Any) -> tuple[list[float], list[tuple[list[int], list[int], list[float]]], float]:
    size = draw(st.integers(2, 6))
    samples = draw(st.integers(2, 16))
    numbers = st.integers(0, size - 1)
    score = st.floats(0, 1) | st.sampled_from([0.0, 1.0])
    group = st.lists(numbers, min_size=1, max_size=size, unique=True).flatmap(
        lambda offered: st.tuples(
            st.just(offered),
            st.lists(st.sampled_from(offered), min_size=samples, max_size=samples),
            st.lists(score, min_size=samples, max_size=samples),
        )
    )
    logits = draw(st.lists(st.floats(-8, 8), min_size=size, max_size=size))
    return logits, draw(st.lists(group, min_size=1, max_size=6)), draw(st.floats(0, 20))


@settings(max_examples=100, deadline=None)
@given(batches())
def test_an_update_matches_grpo(
    case: tuple[list[float], list[tuple[list[int], list[int], list[float]]], float],
) -> None:
    logits, groups, rate = case
    ours = gradient_step(
        {str(n): logit for n, logit in enumerate(logits)},
        [Group([str(n) for n in offered], [str(n) for n in drawn], scores) for offered, drawn, scores in groups],
        rate=rate,
    )
    assert np.allclose(list(ours.values()), reference_update(np.array(logits), groups, rate), rtol=0, atol=1e-9)


def test_a_policy_learns_with_grpo_updates(rows: list[DatasetRow]) -> None:
    policy = Policy(seed="s", learning_rate=5e-5)
    drawn = [policy.answers(row, 4, at="step 1") for row in rows[:16]]
    graded = [GradedGroup(group, [result(float(r.right)) for r in group]) for group in drawn]
    before = np.array(list(policy.logits["pandalm"].values()))
    policy.learn(graded)
    names = list(policy.logits["pandalm"])
    groups = [
        (list(range(len(names))), [names.index(r.behaviour) for r in group], [float(r.right) for r in group])
        for group in drawn
    ]
    after = np.array(list(policy.logits["pandalm"].values()))
    assert np.allclose(after, reference_update(before, groups, rate=1.0), rtol=0, atol=1e-9)


def test_a_flat_group_changes_nothing_and_a_nearly_flat_one_little() -> None:
    assert advantages([0.7] * 4) == [0, 0, 0, 0]
    assert advantages([0.3]) == [0]
    assert max(map(abs, advantages([0.5, 0.5 + 1e-9]))) < 1e-4
    assert sum(advantages([0.1, 0.9, 0.4, 0.4])) == pytest.approx(0)
    assert softmax({"a": 1000.0, "b": 0.0, "c": 5.0}, ("a", "b")) == {"a": 1.0, "b": 0.0}


def result(score: float, *, errored: bool = False) -> GradeResult:
    metrics = (Metric(name=GRADER_ERROR, value=1.0, type="Metric"),) if errored else ()
    return GradeResult(id="any", aggregate_reward_score=score, metrics_list=metrics)


def test_an_ungraded_answer_trains_as_in_bedrock_and_is_not_measured(
    rows: list[DatasetRow],
) -> None:
    policy = Policy(seed="s", learning_rate=5e-5)
    right, wrong = (SimulatedRollout(rows[0], "", name, offered=("right", "wrong")) for name in ("right", "wrong"))
    before = policy.chances("pandalm", ("right", "wrong"))["right"]
    policy.learn([GradedGroup([right, wrong], [result(0.0, errored=True), result(0.1)])])
    assert policy.chances("pandalm", ("right", "wrong"))["right"] < before


def test_a_higher_learning_rate_learns_faster(rows: list[DatasetRow]) -> None:
    shares = [
        trained(rows, lambda r: float(r.right), seed=3, steps=6, learningRate=rate).steps[-1].mix[RIGHT]
        for rate in (1e-6, 1e-5, 5e-5)
    ]
    assert 0.45 < shares[0] < 0.5 < shares[1] < 0.65 < shares[2]


def test_grading_in_threads_changes_no_result(rows: list[DatasetRow]) -> None:
    def answered_by_threads(rollouts: Sequence[SimulatedRollout]) -> list[GradeResult]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda r: result(float(r.right)), rollouts))

    made = plan_simulation(len(rows), {"batchSize": 16}, max_steps=8, max_rollouts=64)
    one, other = (
        simulate(grade, plan=made, rows=rows, validation_rows=rows[:5], seed=9)
        for grade in (answered_by_threads, lambda rs: [result(float(r.right)) for r in rs])
    )
    assert one.steps == other.steps
    assert one.steps != simulate(answered_by_threads, plan=made, rows=rows, validation_rows=rows[:5], seed=10).steps
