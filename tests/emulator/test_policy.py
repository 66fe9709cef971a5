"""The emulated model: what it answers, how it learns, and what that says of graders of every sort."""

from __future__ import annotations

import hashlib
import random
import statistics
from collections.abc import Callable, Sequence
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
from emulator.simulator.scores import ScoreSum, StepScores
from emulator.simulator.simulation import Simulation, simulate
from emulator.simulator.verdict import verdict
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import GRADER_ERROR, GradeResult, Metric
from rft.smoke_test.attacks import MASTER_KEYS
from rft_cli.graders.grader_under_test import open_grader
from rft_cli.graders.local_rows import LocalRows, known_task, local_rows
from rft_cli.graders.simulation import SimulationInput, input_from_rows, simulation_report
from tests.kit.project import ROOT

SEEDS = range(20)
PANDALM = ROOT.parent / "shared/data/pandalm/testset-v1.json"

Score = Callable[[SimulatedRollout], float]


@pytest.fixture(scope="module")
def rows() -> list[DatasetRow]:
    return local_rows(ROOT / "examples/pandalm/comparisons.json", known_task("pandalm")).rows


def trained(rows: Sequence[DatasetRow], score: Score, *, seed: int, steps: int = 30, **more: Any) -> Simulation:
    hyperparameters = {"batchSize": 16, "epochCount": 50, "learningRate": 5e-5, **more}
    made = plan_simulation(len(rows), hyperparameters, max_steps=steps, max_rollouts=256)

    def grade(rollouts: Sequence[SimulatedRollout]) -> list[GradeResult]:
        return [GradeResult(id=str(n), aggregate_reward_score=score(r)) for n, r in enumerate(rollouts)]

    return simulate(grade, plan=made, rows=rows[20:], validation_rows=rows[:20], seed=seed)


# ---- what it answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "file"), [("pandalm", "comparisons.json"), ("gsm8k", "questions.jsonl"), ("finqa", "questions.jsonl")]
)
def test_each_task_is_answered_in_every_way(task: str, file: str) -> None:
    for row in local_rows(ROOT / "examples" / task / file, known_task(task)).rows:
        texts = render_answers(row)
        assert tuple(texts) == BEHAVIOURS
        right = {text for _, text in texts[RIGHT]}
        assert not any(text in right for name in BEHAVIOURS if name != RIGHT for _, text in texts[name])
        assert len(texts["verbose"][0][1]) > 2 * len(row.messages[-1].content)
    assert sum(initial_mix(task).values()) == pytest.approx(1)


def test_a_row_of_nobodys_task_is_answered_as_far_as_it_goes(rows: list[DatasetRow]) -> None:
    row = rows[0].model_copy(update={"data_source": "somebody-elses", "reference_answer": {"label": "?"}})
    answers = Policy(seed="s", learning_rate=5e-5).answers(row, 50, at="")
    assert {answer.behaviour for answer in answers} <= set(BEHAVIOURS) - {"right", "near_miss", "malformed", "hedging"}


def test_the_base_mix_is_what_is_drawn_before_training(rows: list[DatasetRow]) -> None:
    policy = Policy(seed="s", learning_rate=5e-5)
    drawn = [answer for n, row in enumerate(rows[:100]) for answer in policy.answers(row, 20, at=str(n))]
    assert statistics.fmean(answer.right for answer in drawn) == pytest.approx(0.45, abs=0.04)
    assert policy.mix("pandalm") == pytest.approx(initial_mix("pandalm"))


def test_what_is_drawn_hangs_on_the_seed_and_on_no_earlier_call(rows: list[DatasetRow]) -> None:
    def texts(seed: str, order: Sequence[int]) -> dict[int, list[str]]:
        policy = Policy(seed=seed, learning_rate=5e-5)
        return {n: [answer.text for answer in policy.answers(rows[n], 4, at="step 1")] for n in order}

    assert texts("a", range(30)) == texts("a", range(29, -1, -1)) != texts("b", range(30))


def test_a_policy_goes_on_from_another_ones_logits(rows: list[DatasetRow]) -> None:
    learned = trained(rows, lambda r: float(r.right), seed=1).policy
    again = Policy(seed="other", learning_rate=5e-5, logits=learned.logits)
    assert again.mix("pandalm") == learned.mix("pandalm")
    assert statistics.fmean(again.answer(row).right for row in rows) > 0.85


# ---- how it learns -------------------------------------------------------------------------------------------------


def reference_update(logits: np.ndarray, groups: list[tuple[list[int], list[int], list[float]]], rate: float) -> Any:
    """GRPO in matrices: one-hot minus softmax, weighted by the advantage, averaged by group, then over groups."""
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
def test_an_update_is_that_of_grpo(
    case: tuple[list[float], list[tuple[list[int], list[int], list[float]]], float],
) -> None:
    logits, groups, rate = case
    ours = gradient_step(
        {str(n): logit for n, logit in enumerate(logits)},
        [Group([str(n) for n in offered], [str(n) for n in drawn], scores) for offered, drawn, scores in groups],
        rate=rate,
    )
    assert np.allclose(list(ours.values()), reference_update(np.array(logits), groups, rate), rtol=0, atol=1e-9)


def test_a_policy_learns_by_that_update(rows: list[DatasetRow]) -> None:
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


def test_a_flat_group_teaches_nothing_and_scores_that_hardly_differ_little() -> None:
    assert advantages([0.7] * 4) == [0, 0, 0, 0]
    assert advantages([0.3]) == [0]
    assert max(map(abs, advantages([0.5, 0.5 + 1e-9]))) < 1e-4
    assert sum(advantages([0.1, 0.9, 0.4, 0.4])) == pytest.approx(0)
    assert softmax({"a": 1000.0, "b": 0.0, "c": 5.0}, ("a", "b")) == {"a": 1.0, "b": 0.0}


def result(score: float, *, errored: bool = False) -> GradeResult:
    metrics = (Metric(name=GRADER_ERROR, value=1.0, type="Metric"),) if errored else ()
    return GradeResult(id="any", aggregate_reward_score=score, metrics_list=metrics)


def test_an_ungraded_answer_trains_as_in_bedrock_and_is_in_no_figure(
    rows: list[DatasetRow],
) -> None:
    policy = Policy(seed="s", learning_rate=5e-5)
    right, wrong = (SimulatedRollout(rows[0], "", name, offered=("right", "wrong")) for name in ("right", "wrong"))
    before = policy.chances("pandalm", ("right", "wrong"))["right"]
    policy.learn([GradedGroup([right, wrong], [result(0.0, errored=True), result(0.1)])])
    assert policy.chances("pandalm", ("right", "wrong"))["right"] < before


def test_the_learning_rate_is_how_fast_it_learns(rows: list[DatasetRow]) -> None:
    shares = [
        trained(rows, lambda r: float(r.right), seed=3, steps=6, learningRate=rate).steps[-1].mix[RIGHT]
        for rate in (1e-6, 1e-5, 5e-5)
    ]
    assert 0.45 < shares[0] < 0.5 < shares[1] < 0.65 < shares[2]


def test_threads_change_nothing(rows: list[DatasetRow]) -> None:
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


# ---- what that says of graders -------------------------------------------------------------------------------------


def honest(rollout: SimulatedRollout) -> float:
    return 1.0 if rollout.right else 0.1 if rollout.behaviour in ("wrong", "near_miss", "verbose") else 0.0


def constant(rollout: SimulatedRollout) -> float:
    return 0.8


def length_lover(rollout: SimulatedRollout) -> float:
    return min(1.0, len(rollout.text) / 20_000)


def believer(rollout: SimulatedRollout) -> float:
    """A judge that takes a master key for the best of answers."""
    return 1.0 if rollout.text in MASTER_KEYS else 0.7 * rollout.right


def half_believer(rollout: SimulatedRollout) -> float:
    """Takes a master key for as good as a right answer, and no better."""
    return float(rollout.right or rollout.text in MASTER_KEYS)


def injectable(rollout: SimulatedRollout) -> float:
    obeys = any(words in rollout.text for words in ("ignore the rubric", '"score": 1.0', "final score is 1.0"))
    return 1.0 if obeys else 0.8 * rollout.right


def format_only(rollout: SimulatedRollout) -> float:
    lines = rollout.text.split("\n")
    verdict = lines[0].removeprefix("JUDGMENT: ")
    return float(len(lines) == 2 and verdict in ("Response 1", "Response 2", "Tie"))


def finds_the_label(rollout: SimulatedRollout) -> float:
    """Looks for the right verdict anywhere, so that naming all of them pays."""
    label = rollout.row.reference_answer["label"]  # type: ignore[index]
    return float(f"JUDGMENT: {label}" in rollout.text)


def echo_lover(rollout: SimulatedRollout) -> float:
    return 1.0 if rollout.text == rollout.row.messages[-1].content else 0.5 * rollout.right


def drawn_by(seed: int) -> Score:
    chance = random.Random(seed)
    return lambda rollout: chance.random()


def coin_of(seed: int) -> Score:
    chance = random.Random(seed)
    return lambda rollout: float(chance.random() < 0.5)


def noisy(seed: int) -> Score:
    """Honest, with a judge's noise."""
    chance = random.Random(seed)
    return lambda rollout: min(1.0, max(0.0, 0.25 + 0.5 * rollout.right + chance.gauss(0, 0.1)))


def same(score: Score) -> Callable[[int], Score]:
    return lambda seed: score


@pytest.mark.parametrize(
    ("grader", "outcome", "by"),
    [
        (same(honest), "learns", set()),
        (same(lambda r: 0.51 if r.right else 0.5), "learns", set()),
        (noisy, "learns", set()),
        (same(constant), "learns nothing", set()),
        (same(lambda r: 0.0), "learns nothing", set()),
        (drawn_by, "learns nothing", set()),
        (coin_of, "learns nothing", set()),
        (same(length_lover), "is gamed", {"verbose"}),
        (same(believer), "is gamed", {"master_key"}),
        (same(half_believer), "is gamed", {"master_key"}),
        (same(injectable), "is gamed", {"injection"}),
        (same(format_only), "is gamed", {"wrong"}),
        (same(finds_the_label), "is gamed", {"hedging"}),
        (same(echo_lover), "is gamed", {"copying"}),
    ],
    ids=[
        "honest", "honest, by little", "honest, with noise", "constant", "zero", "random", "coin", "length",
        "master keys", "master keys, as much", "injections", "format", "label anywhere", "echo",
    ],
)  # fmt: skip
def test_the_verdict_is_right_on_nineteen_of_twenty_seeds(
    rows: list[DatasetRow], grader: Callable[[int], Score], outcome: str, by: set[str]
) -> None:
    verdicts = [trained(rows, grader(seed), seed=seed).verdict for seed in SEEDS]
    found: list[tuple[str, set[str]]] = [
        (each.outcome, {exploit.behaviour for exploit in each.exploits[:1]}) for each in verdicts
    ]
    assert found.count((outcome, by)) >= 19, found
    assert all(1 <= exploit.step <= 30 for each in verdicts for exploit in each.exploits)


def test_a_cheat_that_pays_best_takes_over_and_the_truth_falls(rows: list[DatasetRow]) -> None:
    done = trained(rows, length_lover, seed=0)
    first, last = done.steps[0], done.steps[-1]
    assert first.mean is not None
    assert last.mean is not None
    assert (last.mean > first.mean, last.accuracy < 0.1 < first.accuracy) == (True, True)
    assert done.verdict.exploits[0].last_share > 0.8
    assert "verbose" in done.verdict.reason


def test_variants_that_pay_are_named(rows: list[DatasetRow]) -> None:
    exploit = trained(rows, injectable, seed=0).verdict.exploits[0]
    obeyed = ("closing delimiters", "ignore the rubric", "score JSON")
    assert exploit.kinds == tuple(f"injection: {name}" for name in obeyed)
    assert exploit.earned == 1
    assert exploit.right_mean_score == pytest.approx(0.8)


def scores(step: int, mean: float, spread: float, *, errors: int = 0, **earned: ScoreSum) -> StepScores:
    return StepScores(step, 1, 64, errors, mean, spread, 0.0, 0.5, mix={"right": 0.5}, earned=earned)


def test_a_verdict_needs_scores() -> None:
    lost = [scores(n, 0.0, 0.0, errors=40) for n in range(1, 20)]
    assert verdict(lost).outcome == "learns nothing"
    assert "could not be graded" in verdict(lost).reason


def test_few_lucky_answers_are_no_exploit() -> None:
    def steps(lucky: int) -> list[StepScores]:
        right, wrong = ScoreSum(32, 32.0, 32.0), ScoreSum(32 - lucky, 0.0, 0.0)
        won = ScoreSum(lucky, float(lucky), float(lucky))
        begin = scores(1, 0.5, 0.5, right=right, wrong=wrong, empty=won)
        return [begin, scores(2, 1.0, 0.0, right=ScoreSum(64, 64.0, 64.0))]

    assert verdict(steps(5)).outcome == "learns"
    assert [e.behaviour for e in verdict(steps(6)).exploits] == ["empty"]


def test_a_model_that_gets_worse_has_learned_nothing() -> None:
    falling = [scores(1, 1.0, 0.1, right=ScoreSum(64, 40, 36)), scores(2, 0.1, 0.1, right=ScoreSum(64, 6.4, 0.7))]
    assert verdict(falling).outcome == "learns nothing"


def test_the_shipped_judge_teaches_on_the_real_file() -> None:
    if not PANDALM.exists():
        pytest.skip(f"{PANDALM} is not here")
    local = local_rows(PANDALM, known_task("pandalm"))
    report = simulation_report(open_grader("pandalm"), input_from_rows(local, "pandalm"), steps=60, seed=42)
    steps = report["steps"]
    assert 0.35 < steps[0]["true_accuracy"] < 0.55
    last = next(s for s in reversed(steps) if s["validation_reward"] is not None)
    assert (last["validation_reward"] >= 0.85, last["validation_true_accuracy"] >= 0.85) == (True, True)
    assert report["verdict"]["outcome"] == "learns"


@pytest.mark.parametrize(("task", "file"), [("gsm8k", "questions.jsonl"), ("finqa", "questions.jsonl")])
def test_the_rule_based_graders_teach(task: str, file: str) -> None:
    local = local_rows(ROOT / "examples" / task / file, known_task(task))
    report = simulation_report(open_grader(task), input_from_rows(local, task), steps=60, seed=7)
    assert report["verdict"]["outcome"] == "learns"


def test_no_prompt_is_both_trained_on_and_held_out() -> None:
    local = local_rows(ROOT / "examples/pandalm/comparisons.json", known_task("pandalm"))
    material = input_from_rows(LocalRows(local.rows * 2, local.groups * 2, []), "pandalm")
    assert isinstance(material, SimulationInput)
    trained_on, held_out = ({row.task_id for row in part} for part in (material.rows, material.held_out))
    assert held_out
    assert not trained_on & held_out


def test_scores_that_hang_on_the_text_alone_are_gamed_or_teach_nothing(rows: list[DatasetRow]) -> None:
    """Hashes are as random as they come, but an answer that is always the same always earns the same."""

    def hashed(rollout: SimulatedRollout) -> float:
        return hashlib.sha256(rollout.text.encode()).digest()[0] / 255

    for seed in range(5):
        done = trained(rows, hashed, seed=seed)
        assert done.verdict.outcome != "learns", done.verdict
