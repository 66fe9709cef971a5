from __future__ import annotations

import hashlib
import json

import pytest

from rft.contracts.run_request import RunRequest
from rft.contracts.shards import Piece, PinnedSource, ShardPart, WrittenShard
from rft.errors import DatasetInvalid
from rft.steps.plan_shards import part_uri
from rft.steps.write_shard import write_shard
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import RUN_ID

URI = "s3://data-bucket/datasets/rows.jsonl"
ROWS = [{"messages": [{"role": "user", "content": f"{n}?"}], "reference_answer": str(n)} for n in range(1, 11)]
BODY = json.dumps(ROWS).encode()


def write(store: MemoryStore, *pieces: Piece) -> WrittenShard:
    store.objects[URI] = BODY
    store.put_bytes(part_uri(RUN_ID, 4, store), ShardPart(pieces=pieces).model_dump_json().encode())
    return write_shard(
        run_id=RUN_ID,
        request=RunRequest.model_validate({"name": "rows", "dataset": {"task": "rft", "uri": URI}}),
        pinned=PinnedSource(uri=URI, version="v1", bytes=len(BODY), layout="array"),
        part=4,
        source=store,
        store=store,
        workers=SerialWorkers(),
    )


def test_rows_follow_the_order_of_the_plan_in_each_piece() -> None:
    store = MemoryStore()
    written = write(store, Piece(split="train", positions=(9, 2, 7)), Piece(split="test", positions=(10, 1)))
    ids = {}
    for split in ("train", "test"):
        lines = store.objects[f"s3://data-bucket/shards/{RUN_ID}/{split}-0004.jsonl"].splitlines()
        ids[split] = [json.loads(line)["task_id"] for line in lines]
        assert {json.loads(line)["split"] for line in lines} == {split}
    assert ids == {"train": ["rft-000009", "rft-000002", "rft-000007"], "test": ["rft-000010", "rft-000001"]}
    assert (written.part, written.rows) == (4, 5)


def test_the_whole_source_is_digested() -> None:
    written = write(MemoryStore(), Piece(split="train", positions=(1,)))
    assert written.digest == f"sha256:{hashlib.sha256(BODY).hexdigest()}"


def test_a_source_that_lost_records_is_refused() -> None:
    store = MemoryStore()
    with pytest.raises(DatasetInvalid, match=r"2 records were found .* only 1 when rereading them"):
        write(store, Piece(split="train", positions=(10, 11)))
    assert not [uri for uri in store.objects if uri.endswith("-0004.jsonl")]
