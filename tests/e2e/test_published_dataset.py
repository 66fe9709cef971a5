"""The published PandaLM test set through the whole machine: no prompt in two splits, and the notebooks' own split."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.kit.stack_harness import ROOT, StackHarness

TESTSET = ROOT.parent / "shared" / "data" / "pandalm" / "testset-v1.json"
SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(not TESTSET.exists(), reason="the published PandaLM test set is not next to the project"),
]


def prompts(rows: list[dict[str, Any]]) -> set[str]:
    return {row["reference_answer"]["question"] for row in rows}


def test_the_grouped_split_shares_no_prompt_and_keeps_its_shares(bench: StackHarness) -> None:
    ended = bench.run("pandalm-grouped", TESTSET.read_bytes())
    assert ended.status == "COMPLETED"
    rows = {split: bench.rows(ended.view["run_id"], split) for split in SPLITS}
    assert sum(map(len, rows.values())) == 999
    for split, share in SPLITS.items():
        assert abs(len(rows[split]) / 999 - share) <= 0.03
    assert len(rows["train"]) >= 100
    assert not prompts(rows["train"]) & prompts(rows["validation"])
    assert not prompts(rows["train"]) & prompts(rows["test"])
    assert not prompts(rows["validation"]) & prompts(rows["test"])


def test_the_random_split_is_pythons_seeded_shuffle(bench: StackHarness) -> None:
    split = {"strategy": "random", "seed": 42}
    ended = bench.run("pandalm-random", TESTSET.read_bytes(), dataset={"split": split}, mode="preflight")
    rows = {split: bench.rows(ended.view["run_id"], split) for split in SPLITS}
    assert [len(rows[split]) for split in SPLITS] == [799, 99, 101]
    records = json.loads(TESTSET.read_text())
    random.Random(42).shuffle(records)
    ours = [row for split in SPLITS for row in rows[split]]
    assert [row["response1"] for row in ours] == [str(record["response1"]) for record in records]
