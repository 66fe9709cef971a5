from __future__ import annotations

import hashlib
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.dataset import Manifest
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.datasets.bounds import Bounds
from rft.errors import DatasetInvalid, DatasetNotFound, DatasetSizeOutOfBounds, InvalidRequest, TransitionRefused
from rft.grading.run_rubrics import RunRubrics
from rft.steps.prepare_dataset import save_grader_config
from tests.kit.fake_preparation import FOLDER, URI, FakePreparation, record
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.records import RUN_ID, add_run


@pytest.fixture
def fake() -> FakePreparation:
    return FakePreparation().holds([record(number) for number in range(300)])


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, so that a test can see what is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


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


def test_the_ledger_shows_preparing_then_the_figures(fake: FakePreparation) -> None:
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


def test_a_run_id_that_a_record_brings_gives_way_to_the_runs_own(fake: FakePreparation) -> None:
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


def test_all_bad_records_are_listed_and_nothing_is_written(fake: FakePreparation, scratch: Path) -> None:
    fake.holds([record(number, **({"instruction": ""} if number in {4, 9} else {})) for number in range(300)])
    with pytest.raises(DatasetInvalid, match="2 of 300 records") as caught:
        fake.prepare()
    assert caught.value.problems == ("record 5: has no instruction", "record 10: has no instruction")
    assert fake.written == {}
    assert list(scratch.iterdir()) == []


def test_bad_records_up_to_the_limit_are_skipped_and_counted(fake: FakePreparation) -> None:
    fake.holds([record(number, **({"annotator2": None} if number in {4, 9} else {})) for number in range(300)])
    fake.prepare(max_bad_records=2)
    assert [bad.position for bad in fake.manifest.bad_records] == [5, 10]
    assert fake.manifest.records == 300
    assert sum(file.rows for file in fake.manifest.files.values()) == 298
    summary = fake.ledger.get(RUN_ID).dataset
    assert summary is not None
    assert summary.bad_records == 2


def test_a_rule_that_no_grader_can_use_is_a_bad_record_with_its_position(fake: FakePreparation) -> None:
    def row(number: int) -> dict[str, Any]:
        pattern = "((((a{100}){100}){100}){100})" if number == 6 else "sorry"
        messages = [{"role": "user", "content": f"Question {number}"}]
        return {"messages": messages, "reference_answer": {"format": {"forbidden": [pattern]}}}

    fake.holds([row(number) for number in range(300)])

    with pytest.raises(DatasetInvalid, match="1 of 300 records") as caught:
        fake.prepare(task="rft", grader="format")

    (problem,) = caught.value.problems
    assert problem.startswith("record 7: reference_answer.format.forbidden[0]: repeats more than 10,000 parts")


def test_a_list_too_long_for_an_error_is_kept_in_full_beside_the_run(fake: FakePreparation) -> None:
    fake.holds([record(number, response1=None) for number in range(300)])
    with pytest.raises(DatasetInvalid, match=r"whole list is in s3://\S+/bad_records.txt") as caught:
        fake.prepare()
    stored = fake.store.objects[f"{FOLDER}/bad_records.txt"].decode().splitlines()
    assert (len(stored), stored[299]) == (300, "record 300: has no response1")
    assert len(str(caught.value).splitlines()) < 25


def test_a_file_of_nothing_but_bad_records_is_not_read_to_its_end(fake: FakePreparation) -> None:
    fake.holds(b"[" + b"1," * 1_000_000 + b"1]")
    with pytest.raises(DatasetInvalid, match="reading stopped there") as caught:
        fake.prepare()
    assert len(caught.value.problems) < 2000


def test_bad_records_before_a_broken_place_are_listed_too(fake: FakePreparation) -> None:
    fake.holds(b'[{"instruction": ""}, {"instruction"')
    with pytest.raises(DatasetInvalid, match="record 2 is not JSON") as caught:
        fake.prepare()
    assert caught.value.problems == ("record 1: has no instruction",)


def test_half_a_surrogate_pair_is_a_bad_record(fake: FakePreparation) -> None:
    fake.holds([record(0, response1="\ud83d"), *(record(number) for number in range(1, 300))])
    with pytest.raises(DatasetInvalid, match="record 1: holds half of a surrogate pair"):
        fake.prepare()


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "0 records give 0 training"),
        (110, "110 records give 90 training .* at least 100"),
        (25_002, "25002 records give .* at most 20,000 training rows"),
        (40_000, "more than 27,500 records; at most 20,000"),
    ],
)
def test_too_few_and_too_many_rows_are_refused_with_the_counts(fake: FakePreparation, count: int, message: str) -> None:
    fake.holds([record(number) for number in range(count)])
    with pytest.raises(DatasetSizeOutOfBounds, match=message):
        fake.prepare()
    assert fake.written == {}


def test_one_prompt_alone_leaves_nothing_to_validate_on(fake: FakePreparation) -> None:
    fake.holds([record(number, instruction="the same") for number in range(300)])
    with pytest.raises(DatasetSizeOutOfBounds, match="at least one validation row"):
        fake.prepare()


@pytest.mark.parametrize("body", [b"not json", b'{"instruction": ', b"\x00" * 30_000_000, b'["' + b"x" * 30_000_000])
def test_garbage_is_refused(fake: FakePreparation, body: bytes) -> None:
    with pytest.raises(DatasetInvalid):
        fake.holds(body).prepare()
    assert fake.written == {}


def test_a_missing_object_is_not_found(fake: FakePreparation) -> None:
    with pytest.raises(DatasetNotFound):
        fake.prepare(uri="s3://data-bucket/uploads/nothing.json")


def test_an_unknown_task_is_refused(fake: FakePreparation) -> None:
    with pytest.raises(InvalidRequest, match="no task 'nothing'"):
        fake.prepare(task="nothing")


def test_a_run_that_was_cancelled_is_not_prepared(fake: FakePreparation) -> None:
    add_run(fake.ledger, RunStatus.CANCELLED)
    with pytest.raises(TransitionRefused):
        fake.prepare()
    assert fake.written == {}


def test_no_temporary_file_is_left_after_success_or_any_error(fake: FakePreparation, scratch: Path) -> None:
    class Broken(WordTokenizer):
        def count(self, texts: object) -> list[int]:
            raise RuntimeError("out of order")

    fake.prepare()
    assert list(scratch.iterdir()) == []
    with pytest.raises(RuntimeError, match="out of order"):
        fake.prepare(tokenizer=Broken())
    assert list(scratch.iterdir()) == []


def test_rows_of_the_rft_task_are_passed_on(fake: FakePreparation) -> None:
    raw = [
        {"messages": [{"role": "user", "content": f"{n} + 1?"}], "reference_answer": str(n + 1), "level": n}
        for n in range(300)
    ]
    prepared = fake.holds(raw).prepare(task="rft")
    stored = json.loads(next(fake.store.lines(prepared.train_uri)))
    assert {name: stored[name] for name in raw[0]} in raw
    assert fake.manifest.files["train"].labels == {}


def test_a_graders_config_is_written_where_the_grader_finds_it_by_run_id(fake: FakePreparation) -> None:
    criterion = {"name": "kind", "question": "Is it kind?", "yes": "thanks", "no": "blames"}
    grader = {"name": "rubric", "config": {"criteria": [criterion]}}
    request = {"name": "a", "dataset": {"task": "rubric", "uri": URI}, "grader": grader}

    save_grader_config(RUN_ID, RunRequest.model_validate_json(json.dumps(request)), fake.store)

    rubrics = RunRubrics(lambda: fake.store)
    rubrics.load([RUN_ID])
    rubric = rubrics.get(RUN_ID)
    assert rubric is not None
    assert rubric.names == ("kind",)


@pytest.mark.parametrize("name", ["gsm8k", None])
def test_a_config_for_another_grader_is_refused(name: str | None) -> None:
    criterion = {"name": "kind", "question": "Is it kind?", "yes": "thanks", "no": "blames"}
    grader = {"name": name, "config": {"criteria": [criterion]}}
    with pytest.raises(ValidationError, match=r"config is for the grader rubric only|give either name"):
        RunRequest.model_validate({"name": "a", "dataset": {"task": "gsm8k", "uri": URI}, "grader": grader})
