from __future__ import annotations

import hashlib
import json
import random

import pytest

from rft.contracts.dataset import Manifest
from rft.contracts.ledger import RunStatus
from rft.datasets.bounds import Bounds
from rft.errors import DatasetSizeOutOfBounds
from tests.kit.fake_preparation import FOLDER, URI, FakePreparation, record
from tests.kit.records import RUN_ID


@pytest.fixture
def fake() -> FakePreparation:
    return FakePreparation().holds([record(number) for number in range(300)])


def test_files_are_named_by_split_and_rows_and_the_manifest_comes_last(fake: FakePreparation) -> None:
    prepared = fake.prepare()
    names = [uri.removeprefix(f"{FOLDER}/") for uri in fake.written]
    train, validation, test = (fake.manifest.files[name].rows for name in ("train", "validation", "test"))
    splits = [f"train-{train}.jsonl", f"validation-{validation}.jsonl", f"test-{test}.jsonl"]
    assert names == [*splits, "checks.json", "manifest.json"]
    assert (prepared.train_uri, prepared.train_rows) == (f"{FOLDER}/train-{train}.jsonl", train)
    assert train + validation + test == 300


def test_every_record_becomes_one_row_with_its_position_and_run(fake: FakePreparation) -> None:
    fake.prepare()
    rows = [row for file in fake.manifest.files.values() for row in fake.rows(file.uri)]
    assert sorted(row.task_id for row in rows) == [f"pandalm-{position:06d}" for position in range(1, 301)]
    assert {row.run_id for row in rows} == {RUN_ID}


def test_every_row_says_which_split_it_is_in(fake: FakePreparation) -> None:
    fake.prepare()
    for name, file in fake.manifest.files.items():
        assert {(row.model_extra or {})["split"] for row in fake.rows(file.uri)} == {name}


def test_lines_are_compact_utf8_json(fake: FakePreparation) -> None:
    line = next(fake.store.lines(fake.prepare().train_uri))
    assert "höher".encode() in line
    assert json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")).encode() == line


def test_no_prompt_is_in_two_splits(fake: FakePreparation) -> None:
    fake.prepare()
    owned = [{row.reference_answer["question"] for row in fake.rows(f.uri)} for f in fake.manifest.files.values()]  # type: ignore[index]
    assert sum(map(len, owned)) == len(set().union(*owned)) == 100
    assert [file.groups for file in fake.manifest.files.values()] == list(map(len, owned))


def test_the_manifest_says_what_was_read_and_written(fake: FakePreparation) -> None:
    prepared = fake.prepare()
    manifest, body = fake.manifest, fake.store.objects[URI]
    assert manifest.source.model_dump() == {
        "uri": URI,
        "bytes": len(body),
        "digest": f"sha256:{hashlib.sha256(body).hexdigest()}",
        "version": "v1",
    }
    for file in manifest.files.values():
        written = fake.store.objects[file.uri]
        assert (file.bytes, file.digest) == (len(written), f"sha256:{hashlib.sha256(written).hexdigest()}")
        assert sum(file.labels.values()) == file.rows
    assert manifest.digest == prepared.digest
    assert (manifest.records, manifest.bad_records, manifest.warnings) == (300, (), {})


def test_the_ledger_shows_preparing_then_the_dataset_summary(fake: FakePreparation) -> None:
    prepared = fake.prepare(hyperparameters={"epochCount": 7})
    run = fake.ledger.get(RUN_ID)
    assert run.status == RunStatus.PREPARING
    assert run.dataset is not None
    assert run.dataset.manifest_uri == prepared.manifest_uri
    assert run.dataset.rows == {name: file.rows for name, file in fake.manifest.files.items()}
    assert run.dataset.labels == {"Response 1": 150, "Response 2": 150}
    assert run.hyperparameters is not None
    assert run.hyperparameters["epochCount"].source == "request"
    assert prepared.hyperparameters.epochCount == 7


def test_a_step_that_runs_twice_writes_the_same_bytes(fake: FakePreparation) -> None:
    first = fake.prepare(), fake.written
    assert (fake.prepare(), fake.written) == first
    assert len(fake.ledger.events(RUN_ID)) == 2


def test_equal_rows_have_one_digest_in_every_run_though_their_files_differ(fake: FakePreparation) -> None:
    first, second = fake.prepare(), fake.prepare(run_id=f"{RUN_ID[:-8]}0badcafe")
    files = [
        Manifest.model_validate_json(fake.store.objects[each.manifest_uri]).files["train"] for each in (first, second)
    ]
    assert first.digest == second.digest
    assert files[0].digest != files[1].digest
    assert first.digest != fake.holds([record(number, input="other") for number in range(300)]).prepare().digest


def test_a_records_run_id_is_replaced_by_the_runs_own(fake: FakePreparation) -> None:
    raw = {"messages": [{"role": "user", "content": "1 + 1?"}], "reference_answer": "2", "run_id": "theirs"}
    fake.holds([raw | {"messages": [{"role": "user", "content": f"{n}?"}]} for n in range(300)])
    line = next(fake.store.lines(fake.prepare(task="rft").train_uri))
    assert line.endswith(f',"run_id":"{RUN_ID}"}}'.encode())
    assert b"theirs" not in line


def test_other_bounds_than_bedrocks_can_be_set(fake: FakePreparation) -> None:
    with pytest.raises(DatasetSizeOutOfBounds, match="at most 50 training rows"):
        fake.prepare(bounds=Bounds(least=10, most=50))
    fake.holds([record(number) for number in range(40)]).prepare(bounds=Bounds(least=10, most=50))
    assert 10 <= fake.manifest.files["train"].rows < 40


def test_json_lines_give_the_same_rows_as_an_array(fake: FakePreparation) -> None:
    fake.prepare()
    rows = {uri: body for uri, body in fake.written.items() if uri.endswith(".jsonl")}
    lines = FakePreparation().holds(b"\n".join(json.dumps(record(number)).encode() for number in range(300)))
    lines.prepare()
    assert {uri: body for uri, body in lines.written.items() if uri.endswith(".jsonl")} == rows


def test_max_samples_reads_the_first_records_and_digests_the_file(fake: FakePreparation) -> None:
    fake.prepare(max_samples=150)
    assert fake.manifest.records == 150
    assert fake.manifest.source.bytes == len(fake.store.objects[URI])
    ids = {row.task_id for file in fake.manifest.files.values() for row in fake.rows(file.uri)}
    assert max(ids) == "pandalm-000150"


def test_a_random_split_is_pythons_shuffle_of_the_file(fake: FakePreparation) -> None:
    prepared = fake.prepare(split={"strategy": "random", "seed": 42})
    order = list(range(1, 301))
    random.Random(42).shuffle(order)
    assert [row.task_id for row in fake.rows(prepared.train_uri)] == [f"pandalm-{at:06d}" for at in order[:240]]
