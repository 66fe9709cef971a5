"""Datasets that cannot be prepared, and why."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
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


def test_a_list_too_long_for_an_error_is_stored_with_the_run(fake: FakePreparation) -> None:
    fake.holds([record(number, response1=None) for number in range(300)])
    with pytest.raises(DatasetInvalid, match=r"whole list is in s3://\S+/bad_records.txt") as caught:
        fake.prepare()
    stored = fake.store.objects[f"{FOLDER}/bad_records.txt"].decode().splitlines()
    assert (len(stored), stored[299]) == (300, "record 300: has no response1")
    assert len(str(caught.value).splitlines()) < 25


def test_a_file_of_only_bad_records_is_not_read_to_its_end(fake: FakePreparation) -> None:
    fake.holds(b"[" + b"1," * 1_000_000 + b"1]")
    with pytest.raises(DatasetInvalid, match="reading stopped there") as caught:
        fake.prepare()
    assert len(caught.value.problems) < 2000


def test_bad_records_before_a_broken_place_are_listed_too(fake: FakePreparation) -> None:
    fake.holds(b'[{"instruction": ""}, {"instruction"')
    with pytest.raises(DatasetInvalid, match="record 2 is not JSON") as caught:
        fake.prepare()
    assert caught.value.problems == ("record 1: has no instruction",)


def test_a_lone_surrogate_is_a_bad_record(fake: FakePreparation) -> None:
    fake.holds([record(0, response1="\ud83d"), *(record(number) for number in range(1, 300))])
    with pytest.raises(DatasetInvalid, match="record 1: holds half of a surrogate pair"):
        fake.prepare()


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "0 records give 0 training"),
        (110, "110 records give 90 training .* min 100"),
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
    with pytest.raises(DatasetSizeOutOfBounds, match="min 1 validation row"):
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


def test_rows_of_the_rft_task_are_passed_through(fake: FakePreparation) -> None:
    raw = [
        {"messages": [{"role": "user", "content": f"{n} + 1?"}], "reference_answer": str(n + 1), "level": n}
        for n in range(300)
    ]
    prepared = fake.holds(raw).prepare(task="rft")
    stored = json.loads(next(fake.store.lines(prepared.train_uri)))
    assert {name: stored[name] for name in raw[0]} in raw
    assert fake.manifest.files["train"].labels == {}


def test_a_graders_config_is_stored_under_the_run_id(fake: FakePreparation) -> None:
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
    with pytest.raises(ValidationError, match=r"config is supported by the grader rubric only|set either name"):
        RunRequest.model_validate({"name": "a", "dataset": {"task": "gsm8k", "uri": URI}, "grader": grader})
