from __future__ import annotations

import json
from typing import Any

import pytest

from rft.contracts.run_request import RunRequest
from rft.contracts.shards import PinnedSource, Shard, ShardIndex
from rft.errors import DatasetInvalid, DatasetNotFound
from rft.steps.index_shard import index_shard
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import RUN_ID

URI = "s3://data-bucket/datasets/rows.jsonl"
INDEX = f"s3://data-bucket/shards/{RUN_ID}/index-0001.json"


def row(number: int, **changes: Any) -> bytes:
    question = {"messages": [{"role": "user", "content": f"{number} + 1?"}], "reference_answer": str(number + 1)}
    return json.dumps(question | changes).encode() + b"\n"


def index(body: bytes, start: int, end: int, *, store: MemoryStore | None = None) -> ShardIndex:
    """The index of the second part of a file of JSON Lines."""
    store = store or MemoryStore()
    store.objects.setdefault(URI, body)
    index_shard(
        run_id=RUN_ID,
        request=RunRequest.model_validate({"name": "rows", "dataset": {"task": "rft", "uri": URI}}),
        pinned=PinnedSource(uri=URI, version="v1", bytes=len(body), layout="lines"),
        shard=Shard(number=1, start=start, end=end, last=end == len(body)),
        source=store,
        store=store,
        tokenizer=WordTokenizer(),
        workers=SerialWorkers(),
    )
    assert [uri for uri in store.objects if uri != URI] == [INDEX]
    return ShardIndex.model_validate_json(store.objects[INDEX])


def test_only_the_records_between_its_borders_are_indexed() -> None:
    rows = [row(number) for number in range(10)]
    found = index(b"".join(rows), len(rows[0]) * 3, len(rows[0]) * 7)
    assert (found.records, found.lines, len(found.groups)) == (4, 4, 4)
    assert found.prompt_tokens == {3: 4}


def test_equal_prompts_and_no_others_have_equal_fingerprints() -> None:
    rows = [row(1), row(2), row(1, reference_answer="3"), row(3)]
    first, second, third, fourth = index(b"".join(rows), 0, sum(map(len, rows))).groups
    assert first == third
    assert len({first, second, fourth}) == 3


def test_bad_records_are_listed_without_a_refusal() -> None:
    body = row(1) + b"\n{\n" + row(2, reference_answer=None) + row(3)
    found = index(body, 0, len(body))
    assert [(bad.position, bad.line) for bad in found.bad] == [(2, 3), (3, None)]
    assert (found.records, len(found.groups)) == (4, 2)


def test_a_part_of_an_array_must_parse_by_itself() -> None:
    store = MemoryStore()
    store.objects[URI] = b'[{"messages": 1},{"messages": "}'
    with pytest.raises(DatasetInvalid, match=r"from byte 16 to byte 32 \(where all counts begin\)"):
        index_shard(
            run_id=RUN_ID,
            request=RunRequest.model_validate({"name": "rows", "dataset": {"task": "rft", "uri": URI}}),
            pinned=PinnedSource(uri=URI, version="v1", bytes=32, layout="array"),
            shard=Shard(number=1, start=16, end=32, last=True),
            source=store,
            store=store,
            tokenizer=WordTokenizer(),
            workers=SerialWorkers(),
        )
    assert list(store.objects) == [URI]


def test_a_missing_source_is_not_found() -> None:
    class Empty(MemoryStore):
        def get_bytes(self, uri: str) -> bytes:
            raise DatasetNotFound(uri)

    with pytest.raises(DatasetNotFound):
        index(row(1), 0, 10, store=Empty())
