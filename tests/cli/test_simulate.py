"""`rft simulate`: files and runs, the project's graders and others, for people and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.project import ROOT
from tests.kit.rft_command import Rft

PANDALM = ROOT / "examples/pandalm/comparisons.json"
GSM8K = ROOT / "examples/gsm8k/questions.jsonl"

LOVES_LENGTH = "def grade(sample):\n    return min(1.0, len(sample.answer) / 20_000)\n"
CONSTANT = "def grade(sample):\n    return 0.5\n"
BROKEN = "def handler(event, context):\n    return [{'id': 'another', 'aggregate_reward_score': 0.5}]\n"


@pytest.fixture
def grader(tmp_path: Path) -> Path:
    return tmp_path / "mine.py"


def test_a_good_grader_improves_the_policy(rft: Rft) -> None:
    result = rft("simulate", GSM8K, "--grader", "gsm8k", "--steps", "30", "-o", "json")
    report = result.json
    assert (result.status, report["simulated"], report["verdict"]["outcome"]) == (0, True, "learns")
    first, last = report["steps"][0], report["steps"][-1]
    assert (len(report["steps"]), first["step"], last["step"]) == (30, 1, 30)
    assert first["true_accuracy"] < last["true_accuracy"]
    assert first["reward"] < last["reward"]
    assert first["mix"]["right"] < last["mix"]["right"]
    assert sum(last["mix"].values()) == pytest.approx(1, abs=1e-4)


def test_the_same_seed_gives_the_same_output(rft: Rft) -> None:
    arguments = ("simulate", GSM8K, "--grader", "gsm8k", "--steps", "5", "-o", "json")
    assert rft(*arguments).out == rft(*arguments).out != rft(*arguments, "--seed", "7").out


def test_a_gameable_grader_is_detected(rft: Rft, grader: Path) -> None:
    grader.write_text(LOVES_LENGTH)
    result = rft("simulate", PANDALM, "--task", "pandalm", "--grader", grader, "--steps", "30")
    assert result.status == 1
    assert "no language model is trained" in result.out
    assert "is gamed: by step " in result.out
    assert "verbose answers earned as much as right ones" in result.out


def test_a_constant_grader_improves_nothing(rft: Rft, grader: Path) -> None:
    grader.write_text(CONSTANT)
    result = rft("simulate", PANDALM, "--task", "pandalm", "--grader", grader, "--steps", "5", "-o", "json")
    assert (result.status, result.json["verdict"]["outcome"]) == (1, "learns nothing")


def test_grader_test_can_simulate_training(rft: Rft, grader: Path) -> None:
    grader.write_text(LOVES_LENGTH)
    tried = ("grader", "test", grader, "--dataset", PANDALM, "--task", "pandalm", "--limit", "3", "--simulate")
    result = rft(*tried)
    assert result.status == 1
    assert "Simulated training: is gamed" in result.out
    assert rft(*tried, "-o", "json").json["simulation"]["verdict"]["exploits"][0]["behaviour"] == "verbose"


def test_a_run_that_cannot_be_simulated_is_a_one_line_error(rft: Rft, grader: Path, tmp_path: Path) -> None:
    grader.write_text(BROKEN)
    unknown = tmp_path / "unknown.jsonl"
    unknown.write_text('{"messages": [{"role": "user", "content": "?"}], "reference_answer": {"a": 1}}\n')
    cases = [
        (("simulate", "Nothing here"), "neither a file nor a run ID"),
        (("simulate", PANDALM), "pass --task"),
        (("simulate", PANDALM, "--task", "chess"), "--task: no task 'chess'"),
        (("simulate", unknown, "--task", "rft"), "has no default grader"),
        (("simulate", unknown, "--task", "rft", "--grader", grader), "No row has a known right answer"),
        (("simulate", PANDALM, "--task", "pandalm", "--grader", grader), "one result per sample"),
    ]
    for arguments, message in cases:
        result = rft(*arguments)
        assert (result.status, result.out) == (1, ""), arguments
        assert message in result.err
        assert result.err.count("\n") == 1
