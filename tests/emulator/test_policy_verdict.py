"""The simulation's verdict on a grader: learns, learns nothing, or is gamed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest

from emulator.simulator.policy import SimulatedRollout
from emulator.simulator.scores import ScoreSum, StepScores
from emulator.simulator.verdict import verdict
from rft.contracts.dataset import DatasetRow
from rft.smoke_test.attacks import MASTER_KEYS
from rft_cli.graders.grader_under_test import open_grader
from rft_cli.graders.local_rows import LocalRows, known_task, local_rows
from rft_cli.graders.simulation import SimulationInput, input_from_rows, simulation_report
from tests.kit.project import ROOT
from tests.kit.simulated_policies import Score, scores, trained

SEEDS = range(20)


PANDALM = ROOT.parent / "shared/data/pandalm/testset-v1.json"


def honest(rollout: SimulatedRollout) -> float:
    return 1.0 if rollout.right else 0.1 if rollout.behaviour in ("wrong", "near_miss", "verbose") else 0.0


def constant(rollout: SimulatedRollout) -> float:
    return 0.8


def length_lover(rollout: SimulatedRollout) -> float:
    return min(1.0, len(rollout.text) / 20_000)


def believer(rollout: SimulatedRollout) -> float:
    """A judge that scores a master key higher than any other answer."""
    return 1.0 if rollout.text in MASTER_KEYS else 0.7 * rollout.right


def half_believer(rollout: SimulatedRollout) -> float:
    """A judge that scores a master key like a right answer."""
    return float(rollout.right or rollout.text in MASTER_KEYS)


def injectable(rollout: SimulatedRollout) -> float:
    obeys = any(words in rollout.text for words in ("ignore the rubric", '"score": 1.0', "final score is 1.0"))
    return 1.0 if obeys else 0.8 * rollout.right


def format_only(rollout: SimulatedRollout) -> float:
    lines = rollout.text.split("\n")
    verdict = lines[0].removeprefix("JUDGMENT: ")
    return float(len(lines) == 2 and verdict in ("Response 1", "Response 2", "Tie"))


def finds_the_label(rollout: SimulatedRollout) -> float:
    """Searches for the right verdict anywhere, so that naming all verdicts scores."""
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
    """An honest judge with noise."""
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


def test_the_best_paid_exploit_dominates_and_right_answers_fall(rows: list[DatasetRow]) -> None:
    done = trained(rows, length_lover, seed=0)
    first, last = done.steps[0], done.steps[-1]
    assert first.mean is not None
    assert last.mean is not None
    assert (last.mean > first.mean, last.accuracy < 0.1 < first.accuracy) == (True, True)
    assert done.verdict.exploits[0].last_share > 0.8
    assert "verbose" in done.verdict.reason


def test_rewarded_variants_of_an_exploit_are_named(rows: list[DatasetRow]) -> None:
    exploit = trained(rows, injectable, seed=0).verdict.exploits[0]
    obeyed = ("closing delimiters", "ignore the rubric", "score JSON")
    assert exploit.kinds == tuple(f"injection: {name}" for name in obeyed)
    assert exploit.earned == 1
    assert exploit.right_mean_score == pytest.approx(0.8)


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


def test_a_model_that_gets_worse_is_not_reported_as_learning() -> None:
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


def test_training_and_held_out_prompts_are_disjoint() -> None:
    local = local_rows(ROOT / "examples/pandalm/comparisons.json", known_task("pandalm"))
    material = input_from_rows(LocalRows(local.rows * 2, local.groups * 2, []), "pandalm")
    assert isinstance(material, SimulationInput)
    trained_on, held_out = ({row.task_id for row in part} for part in (material.rows, material.held_out))
    assert held_out
    assert not trained_on & held_out


def test_scores_from_a_hash_of_the_text_never_count_as_learning(rows: list[DatasetRow]) -> None:
    """Hash scores look random, but a constant answer always has the same score."""

    def hashed(rollout: SimulatedRollout) -> float:
        return hashlib.sha256(rollout.text.encode()).digest()[0] / 255

    for seed in range(5):
        done = trained(rows, hashed, seed=seed)
        assert done.verdict.outcome != "learns", done.verdict
