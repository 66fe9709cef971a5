"""`rft demo` as a process: what it says when something is wrong, and how it ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from rft.tasks import TASKS
from rft_cli.commands.emulated import SAMPLE_DATASETS, SAMPLE_SPLITS
from tests.kit.fake_preparation import FakePreparation
from tests.kit.rft_command import Rft
from tests.kit.rft_process import ROOT, left_behind, rft_process

SAMPLE = ROOT / "examples" / "pandalm" / "comparisons.json"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dataset", "none.json"], "Cannot read none.json: No such file or directory"),
        (["--task", "nope"], "Task nope has no dataset in examples/"),
        (["--name", "Bad Name"], "name: "),
    ],
)
def test_an_invalid_demo_is_refused_before_anything_starts(rft: Rft, arguments: list[str], words: str) -> None:
    result = rft("demo", *arguments)
    assert (result.status, result.out) == (1, "")
    assert words in result.err
    assert result.err.count("\n") == 1


@pytest.mark.emulator
def test_interrupting_it_ends_with_130_and_leaves_no_process() -> None:
    with rft_process("demo") as process:
        assert process.stdout is not None
        shown = iter(process.stdout.readline, "")
        assert any("SMOKE_TESTING" in line for line in shown)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        assert (process.returncode, err) == (130, "rft: interrupted\n")
        assert left_behind(process) == []


def _bad_records() -> bytes:
    records = json.loads(SAMPLE.read_text())
    for position in (3, 7, 11):
        records[position] = {"instruction": "Say hi"}
    return json.dumps(records).encode()


FILES = {
    "three bad records": (_bad_records(), "DatasetInvalid", "record 12: "),
    "too few": (json.dumps(json.loads(SAMPLE.read_text())[:60]).encode(), "DatasetSizeOutOfBounds", "100"),
    "garbage": (b"\x00\xff\x17garbage!" * 3_000_000, "DatasetInvalid", "byte 0"),
    "half a file": (SAMPLE.read_bytes()[:50_000], "DatasetInvalid", "not a JSON array"),
}


ALSO = ("too few", "garbage")
"""The same way as the others, through the same screens."""


@pytest.mark.emulator
@pytest.mark.parametrize("name", [pytest.param(each, marks=[pytest.mark.slow] * (each in ALSO)) for each in FILES])
def test_an_unusable_dataset_is_refused_with_the_reason(rft: Rft, tmp_path: Path, name: str) -> None:
    content, error, words = FILES[name]
    file = tmp_path / "dataset.json"
    file.write_bytes(content)
    result = rft("demo", "--dataset", file, "--name", "bad")
    assert result.status == 1
    assert f"failure     {error} in PREPARING\n" in result.out
    assert result.out.count(words) == 1
    assert "s3://" not in result.out
    assert result.err == ""


@pytest.mark.parametrize("task", sorted(SAMPLE_DATASETS))
def test_each_tasks_sample_gives_enough_training_rows(task: str) -> None:
    fake = FakePreparation().holds(SAMPLE_DATASETS[task].read_bytes())
    grader = TASKS[task].default_grader or "gsm8k"
    prepared = fake.prepare(task=task, split=SAMPLE_SPLITS[task], grader=grader)
    assert min(prepared.train_rows, 100) == 100
    assert prepared.validation_rows > 0
