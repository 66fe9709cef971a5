"""The published PandaLM test set, where it is available: its published figures."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rft.adapters.tokenizer import TiktokenTokenizer
from rft.contracts.dataset import DatasetRow, Manifest, SplitName
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import PreparedDataset
from rft.steps.prepare_dataset import prepare_dataset
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import RUN_ID, add_run

ROOT = Path(__file__).parents[3]
TESTSET = ROOT.parent / "shared/data/pandalm/testset-v1.json"
URI = "s3://data-bucket/uploads/pandalm/demo/testset.json"

pytestmark = pytest.mark.skipif(not TESTSET.exists(), reason=f"the published test set is not at {TESTSET}")


def prepare(monkeypatch: pytest.MonkeyPatch, **split: Any) -> tuple[Manifest, dict[SplitName, list[DatasetRow]]]:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(ROOT / "layers/dependencies/tiktoken_cache"))
    store, ledger = MemoryStore(), MemoryLedger(FixedClock())
    store.objects[URI] = TESTSET.read_bytes()
    run = add_run(ledger, RunStatus.PENDING, dataset={"task": "pandalm", "uri": URI, "split": split})
    prepared = prepare_dataset(
        run_id=RUN_ID,
        request=run.request,
        source=store,
        store=store,
        tokenizer=TiktokenTokenizer(),
        workers=SerialWorkers(),
        ledger=ledger,
    )
    assert isinstance(prepared, PreparedDataset)
    manifest = Manifest.model_validate_json(store.get_bytes(prepared.manifest_uri))
    rows = {n: [DatasetRow.model_validate_json(x) for x in store.lines(f.uri)] for n, f in manifest.files.items()}
    return manifest, rows


def prompts(rows: list[DatasetRow]) -> set[str]:
    raw = json.loads(TESTSET.read_text())
    records = [raw[int(row.task_id.removeprefix("pandalm-")) - 1] for row in rows]
    return {f"{record['instruction']}\n{record['input']}" for record in records}


def test_a_grouped_split_shares_no_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest, rows = prepare(monkeypatch)
    for split, share in zip(rows.values(), (0.8, 0.1, 0.1), strict=True):
        assert abs(len(split) / 999 - share) <= 0.03
    owned = [prompts(split) for split in rows.values()]
    assert sum(map(len, owned)) == len(set().union(*owned)) == 170
    assert manifest.warnings["answer_not_text"] == 6
    assert (manifest.records, manifest.bad_records) == (999, ())
    labels = sum((Counter(file.labels) for file in manifest.files.values()), Counter[str]())
    assert labels == {"Response 2": 472, "Response 1": 422, "Tie": 105}
    assert all(file.labels["Tie"] >= 8 for file in manifest.files.values())


def test_a_random_split_matches_the_published_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest, rows = prepare(monkeypatch, strategy="random", seed=42)
    assert [len(split) for split in rows.values()] == [799, 99, 101]
    order = list(range(1, 1000))
    random.Random(42).shuffle(order)
    written = [row.task_id for split in rows.values() for row in split]
    assert written == [f"pandalm-{position:06d}" for position in order]
    assert len(prompts(rows["validation"]) & prompts(rows["train"])) > 0.9 * len(prompts(rows["validation"]))
    assert manifest.tokens.encoding == "cl100k_base"


def test_prompts_fit_the_recommended_length(monkeypatch: pytest.MonkeyPatch) -> None:
    manifest, _ = prepare(monkeypatch)
    tokens, length = manifest.tokens, manifest.chosen_hyperparameters().maxPromptLength
    assert tokens.min <= tokens.p50 <= tokens.p95 <= tokens.p99 <= tokens.max
    assert length == -(-max(2 * tokens.p99, tokens.max) // 64) * 64


def test_empty_responses_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows = prepare(monkeypatch)
    extras = [row.model_extra or {} for split in rows.values() for row in split]
    assert sum(extra["response1"] == "" for extra in extras) + sum(extra["response2"] == "" for extra in extras) == 54
