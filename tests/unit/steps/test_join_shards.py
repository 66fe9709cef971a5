"""The way in parts, from dividing to joining: the very files that one function writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rft.contracts.dataset import Manifest
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.shards import ShardedDataset, WrittenShard
from rft.contracts.steps import PreparedDataset
from rft.errors import DatasetInvalid, DatasetSizeOutOfBounds
from rft.settings import ShardSettings
from rft.steps.prepare_dataset import prepare_dataset
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import RUN_ID, add_run
from tests.kit.sharding import ShardedWay

URI = "s3://data-bucket/uploads/pandalm/demo/testset.json"
FOLDER = f"s3://data-bucket/runs/{RUN_ID}/dataset/"
Layout = Callable[[list[Any]], bytes]


def comparison(number: int, **changes: Any) -> dict[str, Any]:
    votes = (1, 1, 2) if number % 2 else (2, 0, number % 3)
    return {
        "instruction": f"Task {number // 3}, é",
        "input": "x" * (number % 7),
        "response1": f'"}}, {{"instruction": {number}',
        "response2": "},\n{" * (number % 5),
        **{f"annotator{at}": vote for at, vote in enumerate(votes, 1)},
    } | changes


def rft_row(number: int) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"{number} + {at}?"} for at in range(number % 3 + 1)]
    return {"messages": turns, "reference_answer": {"of": [{"messages": 1}, {"a": 2}]}, "level": number}


class Bucket:
    """A dataset in a bucket, and a run of it, prepared in one way or the other."""

    def __init__(self, body: bytes) -> None:
        self.store = MemoryStore()
        self.store.objects[URI] = body
        self.ledger = MemoryLedger(FixedClock())
        self.written: list[WrittenShard] = []

    def prepare(self, shards: int, *, at_once: int = 0, **dataset: Any) -> PreparedDataset:
        dataset_request = {"task": "pandalm", "uri": URI, **dataset}
        request = add_run(self.ledger, RunStatus.PENDING, dataset=dataset_request).request
        size = len(self.store.objects[URI])
        settings = ShardSettings(MAX_SINGLE_FUNCTION_BYTES=at_once or 1, SHARD_BYTES=-(-size // max(shards, 1)))
        first = self._first(request, settings if shards else None)
        if isinstance(first, PreparedDataset):
            return first
        way = ShardedWay(RUN_ID, request, self.store, self.store)
        prepared = way.prepare(first, self.ledger)
        self.written = way.written
        return prepared

    def _first(self, request: RunRequest, settings: ShardSettings | None) -> PreparedDataset | ShardedDataset:
        return prepare_dataset(
            run_id=RUN_ID,
            request=request,
            source=self.store,
            store=self.store,
            tokenizer=WordTokenizer(),
            workers=SerialWorkers(),
            ledger=self.ledger,
            shards=settings,
        )

    @property
    def files(self) -> dict[str, bytes]:
        return {uri.removeprefix(FOLDER): body for uri, body in self.store.objects.items() if uri.startswith(FOLDER)}

    @property
    def manifest(self) -> Manifest:
        return Manifest.model_validate_json(self.files["manifest.json"])


def array(records: list[Any]) -> bytes:
    return json.dumps(records).encode()


def indented(records: list[Any]) -> bytes:
    return b"\xef\xbb\xbf \n" + json.dumps(records, indent=2, ensure_ascii=False).encode() + b"\n\n"


def lines(records: list[Any]) -> bytes:
    return b"\n" + b"\n".join(json.dumps(each, ensure_ascii=False).encode() for each in records) + b"\n\n"


LAYOUTS = [array, indented, lines]
COMPARISONS = [comparison(number) for number in range(300)]


def both_ways(body: bytes, shards: int, **dataset: Any) -> tuple[Bucket, Bucket]:
    at_once, in_parts = Bucket(body), Bucket(body)
    assert at_once.prepare(0, **dataset) == in_parts.prepare(shards, **dataset)
    return at_once, in_parts


def assert_same(at_once: Bucket, in_parts: Bucket) -> None:
    """Every file is the same, the manifest but for its count of parts."""
    assert at_once.files.keys() == in_parts.files.keys()
    for name, body in at_once.files.items():
        assert name == "manifest.json" or in_parts.files[name] == body
    assert in_parts.manifest.model_copy(update={"shards": 1}) == at_once.manifest
    assert in_parts.ledger.get(RUN_ID) == at_once.ledger.get(RUN_ID)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shards", [1, 2, 8, 40])
def test_files_are_the_same_byte_for_byte(layout: Layout, shards: int) -> None:
    at_once, in_parts = both_ways(layout(COMPARISONS), shards)
    assert_same(at_once, in_parts)
    assert (at_once.manifest.shards, in_parts.manifest.shards) == (1, shards)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "split", [{"strategy": "random", "seed": 3}, {"seed": 9}, {"train": 0.9, "validation": 0.1, "test": 0}]
)
def test_files_are_the_same_for_any_split(layout: Layout, split: dict[str, Any]) -> None:
    assert_same(*both_ways(layout(COMPARISONS), 8, split=split))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_records_with_arrays_of_objects_are_not_divided(layout: Layout) -> None:
    assert_same(*both_ways(layout([rft_row(number) for number in range(300)]), 8, task="rft"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bad_records_have_the_same_positions(layout: Layout) -> None:
    records = [comparison(n, **({"response1": None} if n % 50 == 7 else {"input": True})) for n in range(300)]
    at_once, in_parts = both_ways(layout(records), 8, max_bad_records=6)
    assert_same(at_once, in_parts)
    assert [bad.position for bad in in_parts.manifest.bad_records] == [8, 58, 108, 158, 208, 258]
    assert in_parts.manifest.warnings == {"input_not_text": 294}


def test_unreadable_lines_have_the_same_numbers() -> None:
    body = lines(COMPARISONS).replace(b'"annotator1": 2', b'"annotator1" 2', 40)
    at_once, in_parts = both_ways(body, 8, max_bad_records=40)
    assert_same(at_once, in_parts)
    assert [bad.line for bad in in_parts.manifest.bad_records] == [
        bad.position + 1 for bad in at_once.manifest.bad_records
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_too_many_bad_records_are_refused_in_the_same_words(layout: Layout) -> None:
    records = [comparison(number, **({"response1": None} if number % 5 == 2 else {})) for number in range(300)]
    messages = []
    for shards in (0, 8):
        bucket = Bucket(layout(records))
        with pytest.raises(DatasetInvalid) as caught:
            bucket.prepare(shards)
        messages.append((str(caught.value), caught.value.problems, bucket.files))
    assert messages[0] == messages[1]
    assert "60 of 300 records cannot be used" in messages[0][0]


def test_too_few_rows_are_refused_in_the_same_words() -> None:
    messages = []
    for shards in (0, 4):
        with pytest.raises(DatasetSizeOutOfBounds) as caught:
            Bucket(array(COMPARISONS[:90])).prepare(shards)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_work_is_divided_evenly_among_parts() -> None:
    bucket = Bucket(array([comparison(number) for number in range(3000)]))
    bucket.prepare(8)
    for sizes in ([each.rows for each in bucket.written], [each.bytes for each in bucket.written]):
        assert len(sizes) == 8
        assert max(sizes) - min(sizes) <= 0.2 * sum(sizes) / 8


def test_text_that_looks_like_a_border_is_an_error() -> None:
    lookalike = {"response2": [{"x": 1}, {"instruction": "y"}, {"instruction": "z"}] * 2000}
    body = array([comparison(n, **(lookalike if n == 150 else {})) for n in range(300)])
    bucket = Bucket(body)
    with pytest.raises(DatasetInvalid, match="give the dataset as JSON Lines"):
        bucket.prepare(8)
    assert bucket.files == {}


@pytest.mark.parametrize("cut", [1, 5000, 20_000])
def test_a_broken_array_is_refused(cut: int) -> None:
    with pytest.raises(DatasetInvalid, match="in the part of the file from byte"):
        Bucket(array(COMPARISONS)[:-cut]).prepare(8)


@pytest.mark.parametrize(
    ("dataset", "at_once"), [({"max_samples": 200}, 1), ({}, 10**9)], ids=["a few records are enough", "small"]
)
def test_a_small_dataset_is_prepared_by_one_function(dataset: dict[str, Any], at_once: int) -> None:
    bucket = Bucket(array(COMPARISONS))
    bucket.prepare(8, at_once=at_once, **dataset)
    assert bucket.manifest.shards == 1


def test_parts_that_saw_different_bytes_are_not_joined() -> None:
    class Changing(MemoryStore):
        opened = 0

        def open(self, uri: str, version: str | None = None, start: int = 0) -> Any:
            self.opened += 1
            if self.opened == 12:
                self.objects[URI] += b" "
            return super().open(uri, version, start)

    bucket = Bucket(array(COMPARISONS))
    bucket.store = Changing()
    bucket.store.objects[URI] = array(COMPARISONS)
    with pytest.raises(DatasetInvalid, match="2 different sources"):
        bucket.prepare(4)
    assert "manifest.json" not in bucket.files
