"""A dataset that is too large for one function, prepared by many on the emulated AWS, at a size that tests can bear."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from rft.adapters.tokenizer import TiktokenTokenizer
from rft.contracts.dataset import Manifest
from rft.contracts.ledger import RunStatus
from rft.steps.prepare_dataset import prepare_dataset
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import add_run
from tests.kit.stack_harness import ROOT, SAMPLE, Ended, StackHarness

pytestmark = pytest.mark.emulator

SHARDS = 8
FILES = ("train", "validation", "test")


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    """A stack that takes the sample for a large dataset."""
    size = SAMPLE.stat().st_size
    limits = {"MaxSingleFunctionBytes": str(size - 1), "ShardBytes": str(-(-size // SHARDS))}
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, parameters=limits)) as aws:
        yield StackHarness(aws)


def manifest(bench: StackHarness, ended: Ended) -> Manifest:
    return Manifest.model_validate_json(bench.read(ended.view["dataset"]["manifest_uri"]))


def at_once(bench: StackHarness, ended: Ended, monkeypatch: pytest.MonkeyPatch) -> tuple[Manifest, MemoryStore]:
    """What one function makes of the same run's request."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(ROOT / "layers/dependencies/tiktoken_cache"))
    uri = ended.view["request"]["dataset"]["uri"]
    store, ledger = MemoryStore(bench.aws.bucket), MemoryLedger(FixedClock())
    store.objects[uri] = bench.read(uri)
    run = add_run(ledger, RunStatus.PENDING, run_id=ended.view["run_id"], dataset=ended.view["request"]["dataset"])
    prepare_dataset(
        run_id=run.run_id,
        request=run.request,
        source=store,
        store=store,
        tokenizer=TiktokenTokenizer(),
        workers=SerialWorkers(),
        ledger=ledger,
    )
    return Manifest.model_validate_json(store.get_bytes(ended.view["dataset"]["manifest_uri"])), store


def written(bench: StackHarness, run_id: str) -> list[dict[str, Any]]:
    """The parts' sizes, by the objects that they left."""
    s3 = bench.aws.client("s3")
    listed: list[dict[str, Any]] = s3.list_objects_v2(Bucket=bench.aws.bucket, Prefix=f"shards/{run_id}/").get(
        "Contents", []
    )
    return listed


def test_many_functions_write_the_same_files_as_one(bench: StackHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = bench.run("large", mode="preflight")
    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED")
    assert ended.stages == ["PENDING", "PREPARING", "SMOKE_TESTING", "COMPLETED"]
    ours = manifest(bench, ended)
    expected, store = at_once(bench, ended, monkeypatch)
    assert (ours.shards, expected.shards) == (SHARDS, 1)
    for name in FILES:
        assert bench.read(ours.files[name].uri) == store.get_bytes(expected.files[name].uri)  # type: ignore[index]
    assert ours.digest == ended.view["dataset"]["digest"] == expected.digest
    same = {"shards": 1, "source": expected.source}
    assert ours.source.digest == expected.source.digest
    assert ours.model_copy(update=same) == expected


def test_no_function_logs_dataset_text(bench: StackHarness) -> None:
    ended = bench.run("large-quiet", mode="preflight")
    texts = {record["response1"] for record in json.loads(SAMPLE.read_text()) if len(str(record["response1"])) > 25}
    for function in ("IndexShard", "PlanShards", "WriteShard", "JoinShards"):
        lines = bench.aws.logs(function)
        assert not [text for text in texts for line in lines if text in line]
    assert [line for line in bench.aws.logs("JoinShards") if ended.view["run_id"] in line]


def test_work_is_divided_evenly_among_functions(bench: StackHarness) -> None:
    ended = bench.run("even", mode="preflight")
    sizes: dict[str, int] = dict.fromkeys((f"{part:04d}" for part in range(SHARDS)), 0)
    for entry in written(bench, ended.view["run_id"]):
        if entry["Key"].endswith(".jsonl"):
            sizes[entry["Key"][-len("0000.jsonl") : -len(".jsonl")]] += entry["Size"]
    assert max(sizes.values()) - min(sizes.values()) <= 0.2 * sum(sizes.values()) / SHARDS


def test_a_bad_record_in_any_part_ends_the_run_with_its_own_error(bench: StackHarness) -> None:
    records = json.loads(SAMPLE.read_text())
    records[-2] |= {"response1": None, "response2": "x" * 2000}
    ended = bench.run("large-bad", json.dumps(records, indent=2).encode())
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["error"] == "DatasetInvalid"
    assert f"record {len(records) - 1}: has no response1" in ended.view["failure"]["cause"]


def test_bad_records_of_all_parts_count_together_and_are_saved(bench: StackHarness) -> None:
    records = json.loads(SAMPLE.read_text())
    bad = range(0, len(records), 8)
    for at in bad:
        records[at]["response1"] = None
    body = json.dumps(records, indent=2).encode().ljust(SAMPLE.stat().st_size)
    ended = bench.run("large-bad-twice", body, dataset={"max_bad_records": len(bad) - 1})
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert len(written(bench, ended.view["run_id"])) >= SHARDS, "more than one function read it"
    uri = f"s3://{bench.aws.bucket}/runs/{ended.view['run_id']}/dataset/bad_records.txt"
    assert f"the whole list is in {uri}" in ended.view["failure"]["cause"]
    problems = bench.read(uri).decode().splitlines()
    assert [line.split(":")[0] for line in problems] == [f"record {at + 1}" for at in bad]


def test_an_unreadable_part_ends_the_run_with_its_own_error(bench: StackHarness) -> None:
    body = SAMPLE.read_bytes()
    broken = body[:-3000] + body[-3000:].replace(b'"response1":', b'"response1"', 1) + b" " * 100
    ended = bench.run("large-broken", broken)
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["error"] == "DatasetInvalid"
    assert "in the part of the file from byte" in ended.view["failure"]["cause"]
    assert written(bench, ended.view["run_id"])


def test_a_crashed_function_ends_the_run(bench: StackHarness) -> None:
    bench.aws.faults.crash("WriteShard", count=None)
    ended = bench.run("large-crash")
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert ended.view["failure"]["stage"] == "PREPARING"
    assert "ExitError" in ended.view["failure"]["error"] + ended.view["failure"]["cause"]
