from __future__ import annotations

import hashlib
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow, Manifest
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.bounds import BEDROCK, Bounds
from rft.errors import DatasetInvalid, DatasetNotFound, DatasetSizeOutOfBounds, InvalidRequest, TransitionRefused
from rft.steps.prepare_dataset import prepare_dataset
from tests.fakes.clock import FixedClock
from tests.fakes.ledger import MemoryLedger
from tests.fakes.records import RUN_ID, add_run
from tests.fakes.store import MemoryStore
from tests.fakes.tokenizer import WordTokenizer
from tests.fakes.workers import SerialWorkers

URI = "s3://data-bucket/uploads/pandalm/demo/testset.json"
FOLDER = f"s3://data-bucket/runs/{RUN_ID}/dataset"


def record(number: int, **changes: Any) -> dict[str, Any]:
    """Comparison number so-and-so; three in a row share a prompt."""
    votes = (1, 1, 2) if number % 2 else (2, 2, 2)
    raw = {
        "instruction": f"Task {number // 3}",
        "input": "",
        "response1": f"First answer to {number}.",
        "response2": f"Second answer to {number}: höher.",
        **{f"annotator{at}": vote for at, vote in enumerate(votes, 1)},
    }
    return raw | changes


class World:
    """A run, a bucket with one dataset, and what is written to it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.ledger = MemoryLedger(FixedClock())

    def holds(self, raw: object) -> World:
        self.store.objects[URI] = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
        return self

    def prepare(
        self,
        *,
        run_id: str = RUN_ID,
        hyperparameters: dict[str, Any] | None = None,
        tokenizer: Any = None,
        bounds: Bounds = BEDROCK,
        **dataset: Any,
    ) -> PreparedDataset:
        wanted = {"task": "pandalm", "uri": URI, **dataset}
        request = {"name": "pandalm-judge", "dataset": wanted, "hyperparameters": hyperparameters or {}}
        if run_id not in self.ledger.records:
            add_run(self.ledger, RunStatus.PENDING, run_id=run_id, **request)
        prepared = prepare_dataset(
            run_id=run_id,
            request=RunRequest.model_validate(request),
            source=self.store,
            store=self.store,
            tokenizer=tokenizer or WordTokenizer(),
            workers=SerialWorkers(),
            ledger=self.ledger,
            bounds=bounds,
        )
        assert isinstance(prepared, PreparedDataset)
        return prepared

    @property
    def manifest(self) -> Manifest:
        return Manifest.model_validate_json(self.store.objects[f"{FOLDER}/manifest.json"])

    def rows(self, uri: str) -> list[DatasetRow]:
        return [DatasetRow.model_validate_json(line) for line in self.store.lines(uri)]

    @property
    def written(self) -> dict[str, bytes]:
        return {uri: body for uri, body in self.store.objects.items() if uri != URI}


@pytest.fixture
def world() -> World:
    return World().holds([record(number) for number in range(300)])


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, so that a test can see what is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_files_are_named_by_split_and_rows_and_the_manifest_comes_last(world: World) -> None:
    prepared = world.prepare()
    names = [uri.removeprefix(f"{FOLDER}/") for uri in world.written]
    train, validation, test = (world.manifest.files[name].rows for name in ("train", "validation", "test"))
    splits = [f"train-{train}.jsonl", f"validation-{validation}.jsonl", f"test-{test}.jsonl"]
    assert names == [*splits, "checks.json", "manifest.json"]
    assert (prepared.train_uri, prepared.train_rows) == (f"{FOLDER}/train-{train}.jsonl", train)
    assert train + validation + test == 300


def test_every_record_becomes_one_row_with_its_position_and_run(world: World) -> None:
    world.prepare()
    rows = [row for file in world.manifest.files.values() for row in world.rows(file.uri)]
    assert sorted(row.task_id for row in rows) == [f"pandalm-{position:06d}" for position in range(1, 301)]
    assert {row.run_id for row in rows} == {RUN_ID}


def test_every_row_says_which_split_it_is_in(world: World) -> None:
    world.prepare()
    for name, file in world.manifest.files.items():
        assert {(row.model_extra or {})["split"] for row in world.rows(file.uri)} == {name}


def test_lines_are_compact_utf8_json(world: World) -> None:
    line = next(world.store.lines(world.prepare().train_uri))
    assert "höher".encode() in line
    assert json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")).encode() == line


def test_no_prompt_is_in_two_splits(world: World) -> None:
    world.prepare()
    owned = [{row.reference_answer["question"] for row in world.rows(f.uri)} for f in world.manifest.files.values()]  # type: ignore[index]
    assert sum(map(len, owned)) == len(set().union(*owned)) == 100
    assert [file.groups for file in world.manifest.files.values()] == list(map(len, owned))


def test_the_manifest_says_what_was_read_and_written(world: World) -> None:
    prepared = world.prepare()
    manifest, body = world.manifest, world.store.objects[URI]
    assert manifest.source.model_dump() == {
        "uri": URI,
        "bytes": len(body),
        "digest": f"sha256:{hashlib.sha256(body).hexdigest()}",
        "version": "v1",
    }
    for file in manifest.files.values():
        written = world.store.objects[file.uri]
        assert (file.bytes, file.digest) == (len(written), f"sha256:{hashlib.sha256(written).hexdigest()}")
        assert sum(file.labels.values()) == file.rows
    assert manifest.digest == prepared.digest
    assert (manifest.records, manifest.bad_records, manifest.warnings) == (300, (), {})


def test_the_ledger_shows_preparing_then_the_figures(world: World) -> None:
    prepared = world.prepare(hyperparameters={"epochCount": 7})
    run = world.ledger.get(RUN_ID)
    assert run.status == RunStatus.PREPARING
    assert run.dataset is not None
    assert run.dataset.manifest_uri == prepared.manifest_uri
    assert run.dataset.rows == {name: file.rows for name, file in world.manifest.files.items()}
    assert run.dataset.labels == {"Response 1": 150, "Response 2": 150}
    assert run.hyperparameters is not None
    assert run.hyperparameters["epochCount"].source == "request"
    assert prepared.hyperparameters.epochCount == 7


def test_a_step_that_runs_twice_writes_the_same_bytes(world: World) -> None:
    first = world.prepare(), world.written
    assert (world.prepare(), world.written) == first
    assert len(world.ledger.events(RUN_ID)) == 2


def test_equal_rows_have_one_digest_in_every_run_though_their_files_differ(world: World) -> None:
    first, second = world.prepare(), world.prepare(run_id=f"{RUN_ID[:-8]}0badcafe")
    files = [
        Manifest.model_validate_json(world.store.objects[each.manifest_uri]).files["train"] for each in (first, second)
    ]
    assert first.digest == second.digest
    assert files[0].digest != files[1].digest
    assert first.digest != world.holds([record(number, input="other") for number in range(300)]).prepare().digest


def test_a_run_id_that_a_record_brings_gives_way_to_the_runs_own(world: World) -> None:
    raw = {"messages": [{"role": "user", "content": "1 + 1?"}], "reference_answer": "2", "run_id": "theirs"}
    world.holds([raw | {"messages": [{"role": "user", "content": f"{n}?"}]} for n in range(300)])
    line = next(world.store.lines(world.prepare(task="rft").train_uri))
    assert line.endswith(f',"run_id":"{RUN_ID}"}}'.encode())
    assert b"theirs" not in line


def test_other_bounds_than_bedrocks_can_be_set(world: World) -> None:
    with pytest.raises(DatasetSizeOutOfBounds, match="at most 50 training rows"):
        world.prepare(bounds=Bounds(least=10, most=50))
    world.holds([record(number) for number in range(40)]).prepare(bounds=Bounds(least=10, most=50))
    assert 10 <= world.manifest.files["train"].rows < 40


def test_json_lines_give_the_same_rows_as_an_array(world: World) -> None:
    world.prepare()
    rows = {uri: body for uri, body in world.written.items() if uri.endswith(".jsonl")}
    lines = World().holds(b"\n".join(json.dumps(record(number)).encode() for number in range(300)))
    lines.prepare()
    assert {uri: body for uri, body in lines.written.items() if uri.endswith(".jsonl")} == rows


def test_max_samples_takes_the_first_records_and_still_digests_the_whole_file(world: World) -> None:
    world.prepare(max_samples=150)
    assert world.manifest.records == 150
    assert world.manifest.source.bytes == len(world.store.objects[URI])
    ids = {row.task_id for file in world.manifest.files.values() for row in world.rows(file.uri)}
    assert max(ids) == "pandalm-000150"


def test_a_random_split_is_pythons_shuffle_of_the_file(world: World) -> None:
    prepared = world.prepare(split={"strategy": "random", "seed": 42})
    order = list(range(1, 301))
    random.Random(42).shuffle(order)
    assert [row.task_id for row in world.rows(prepared.train_uri)] == [f"pandalm-{at:06d}" for at in order[:240]]


def test_all_bad_records_are_listed_and_nothing_is_written(world: World, scratch: Path) -> None:
    world.holds([record(number, **({"instruction": ""} if number in {4, 9} else {})) for number in range(300)])
    with pytest.raises(DatasetInvalid, match="2 of 300 records") as caught:
        world.prepare()
    assert caught.value.problems == ("record 5: has no instruction", "record 10: has no instruction")
    assert world.written == {}
    assert list(scratch.iterdir()) == []


def test_bad_records_up_to_the_allowed_number_are_left_out_and_kept_account_of(world: World) -> None:
    world.holds([record(number, **({"annotator2": None} if number in {4, 9} else {})) for number in range(300)])
    world.prepare(max_bad_records=2)
    assert [bad.position for bad in world.manifest.bad_records] == [5, 10]
    assert world.manifest.records == 300
    assert sum(file.rows for file in world.manifest.files.values()) == 298
    summary = world.ledger.get(RUN_ID).dataset
    assert summary is not None
    assert summary.bad_records == 2


def test_a_list_too_long_for_an_error_is_kept_in_full_beside_the_run(world: World) -> None:
    world.holds([record(number, response1=None) for number in range(300)])
    with pytest.raises(DatasetInvalid, match=r"whole list is in s3://\S+/bad_records.txt") as caught:
        world.prepare()
    kept = world.store.objects[f"{FOLDER}/bad_records.txt"].decode().splitlines()
    assert (len(kept), kept[299]) == (300, "record 300: has no response1")
    assert len(str(caught.value).splitlines()) < 25


def test_a_file_of_nothing_but_bad_records_is_not_read_to_its_end(world: World) -> None:
    world.holds(b"[" + b"1," * 1_000_000 + b"1]")
    with pytest.raises(DatasetInvalid, match="reading stopped there") as caught:
        world.prepare()
    assert len(caught.value.problems) < 2000


def test_bad_records_before_a_broken_place_are_listed_too(world: World) -> None:
    world.holds(b'[{"instruction": ""}, {"instruction"')
    with pytest.raises(DatasetInvalid, match="record 2 is not JSON") as caught:
        world.prepare()
    assert caught.value.problems == ("record 1: has no instruction",)


def test_half_a_surrogate_pair_is_a_bad_record(world: World) -> None:
    world.holds([record(0, response1="\ud83d"), *(record(number) for number in range(1, 300))])
    with pytest.raises(DatasetInvalid, match="record 1: holds half of a surrogate pair"):
        world.prepare()


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 records give 0 training"),
        (110, "110 records give 90 training .* at least 100"),
        (25_002, "25002 records give .* at most 20,000 training rows"),
        (40_000, "more than 27,500 records; at most 20,000"),
    ],
)
def test_too_few_and_too_many_rows_are_refused_with_the_counts(world: World, count: int, said: str) -> None:
    world.holds([record(number) for number in range(count)])
    with pytest.raises(DatasetSizeOutOfBounds, match=said):
        world.prepare()
    assert world.written == {}


def test_one_prompt_alone_leaves_nothing_to_validate_on(world: World) -> None:
    world.holds([record(number, instruction="the same") for number in range(300)])
    with pytest.raises(DatasetSizeOutOfBounds, match="at least one validation row"):
        world.prepare()


@pytest.mark.parametrize("body", [b"not json", b'{"instruction": ', b"\x00" * 30_000_000, b'["' + b"x" * 30_000_000])
def test_garbage_is_refused(world: World, body: bytes) -> None:
    with pytest.raises(DatasetInvalid):
        world.holds(body).prepare()
    assert world.written == {}


def test_a_missing_object_is_not_found(world: World) -> None:
    with pytest.raises(DatasetNotFound):
        world.prepare(uri="s3://data-bucket/uploads/nothing.json")


def test_an_unknown_task_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest, match="no task 'nothing'"):
        world.prepare(task="nothing")


def test_a_run_that_was_cancelled_is_not_prepared(world: World) -> None:
    add_run(world.ledger, RunStatus.CANCELLED)
    with pytest.raises(TransitionRefused):
        world.prepare()
    assert world.written == {}


def test_no_temporary_file_is_left_after_success_or_any_error(world: World, scratch: Path) -> None:
    class Broken(WordTokenizer):
        def count(self, texts: object) -> list[int]:
            raise RuntimeError("out of order")

    world.prepare()
    assert list(scratch.iterdir()) == []
    with pytest.raises(RuntimeError, match="out of order"):
        world.prepare(tokenizer=Broken())
    assert list(scratch.iterdir()) == []


def test_rows_of_the_rft_task_are_passed_on(world: World) -> None:
    raw = [
        {"messages": [{"role": "user", "content": f"{n} + 1?"}], "reference_answer": str(n + 1), "level": n}
        for n in range(300)
    ]
    prepared = world.holds(raw).prepare(task="rft")
    kept = json.loads(next(world.store.lines(prepared.train_uri)))
    assert {name: kept[name] for name in raw[0]} in raw
    assert world.manifest.files["train"].labels == {}
