from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.errors import InvalidUpload
from rft.runs.uploads import Upload, upload_request

KEY = "uploads/pandalm/demo/testset.json"


def upload(key: str = KEY, version: str = "v1", bucket: str = "data-bucket") -> Upload:
    return Upload(bucket=bucket, key=key, version=version)


def problems(key: str = KEY, overrides: bytes | None = None) -> str:
    with pytest.raises(InvalidUpload) as refused:
        upload_request(upload(key), overrides, version_id="v1")
    return "\n".join(refused.value.problems)


def test_the_key_gives_task_name_and_uri_and_the_event_the_version() -> None:
    request = upload_request(upload(), None, version_id="v1")
    assert (request.name, request.dataset.task) == ("demo", "pandalm")
    assert (request.dataset.uri, request.dataset.version) == (f"s3://data-bucket/{KEY}", "v1")


def test_run_json_gives_all_other_fields() -> None:
    overrides = {"mode": "preflight", "dataset": {"max_samples": 5, "split": {"seed": 7}}, "tags": {"team": "search"}}
    request = upload_request(upload(), json.dumps(overrides).encode(), version_id=None)
    assert (request.mode, request.dataset.max_samples, request.dataset.split.seed) == ("preflight", 5, 7)
    assert (request.dataset.version, request.tags) == (None, {"team": "search"})


@pytest.mark.parametrize(
    "key",
    [
        "uploads/a.json",
        "uploads/pandalm/a.json",
        "uploads/pandalm/demo/x/a.json",
        "uploads//demo/a.json",
        "other/pandalm/d/a",
    ],
)
def test_a_key_outside_the_convention_is_refused_with_it(key: str) -> None:
    assert "uploads/<task>/<name>/<file>" in problems(key)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("uploads/pandalm/Not A Name/a.json", "key: name: "),
        (f"uploads/pandalm/{'n' * 39}/a.json", "key: name: "),
        ("uploads/No-Task/demo/a.json", "key: dataset.task: "),
        (f"uploads/pandalm/demo/{'f' * 1020}", "key: dataset.uri: "),
    ],
)
def test_an_invalid_part_of_the_key_is_named(key: str, reason: str) -> None:
    assert problems(key).startswith(reason)


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (b"{", "run.json: is not JSON"),
        (b'"\xff"', "run.json: is not JSON"),
        (b"[" * 5000, "run.json: is not JSON"),
        (b"null", "run.json: must be one JSON object"),
        (b'{"dataset": []}', "run.json: dataset: must be an object"),
        (b'{"moed": "train"}', "run.json: moed: "),
        (b'{"max_training_hours": "3"}', "run.json: max_training_hours: "),
        (b'{"dataset": {"split": {"train": 0.9}}}', "run.json: dataset.split: "),
        (b'{"name": "x"}', "run.json: name: comes from the object"),
        (b'{"dataset": {"uri": "s3://data-bucket/x"}}', "run.json: dataset.uri: comes from the object"),
        (b'{"dataset": {"version": "x"}}', "run.json: dataset.version: comes from the object"),
    ],
)
def test_an_invalid_run_json_is_reported_field_by_field(overrides: bytes, reason: str) -> None:
    assert reason in problems(overrides=overrides)


def test_all_problems_are_reported_together() -> None:
    assert len(problems("uploads/pandalm/X/a.json", b'{"a": 1, "b": 2}').splitlines()) == 3


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.text(max_size=4) | st.integers(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_any_bytes_are_a_request_or_problems(overrides: bytes) -> None:
    with suppress(InvalidUpload):
        assert upload_request(upload(), overrides, version_id="v1").name == "demo"


@pytest.mark.parametrize("key", ["uploads/pandalm/demo/run.json", "uploads/pandalm/", "uploads/pandalm/demo/"])
def test_run_json_itself_and_folders_start_nothing(key: str) -> None:
    assert upload(key).starts_nothing


def test_files_with_similar_names_start_a_run() -> None:
    assert not upload("uploads/pandalm/demo/my-run.json").starts_nothing


def test_run_json_is_expected_next_to_the_file() -> None:
    assert upload().overrides_uri == "s3://data-bucket/uploads/pandalm/demo/run.json"


NO_LINE_END = st.text(st.characters(exclude_characters="\n", codec="utf-8"))  # keys may have one
VERSION = st.tuples(NO_LINE_END, st.text(), NO_LINE_END)


@given(VERSION, VERSION)
def test_object_versions_have_one_idempotency_key_each(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    def key(parts: tuple[str, str, str]) -> str:
        return Upload(bucket=parts[0], key=parts[1], version=parts[2]).idempotency_key

    assert (key(one) == key(other)) is (one == other)
    assert "\n" in key(one), "or a caller of the API could send it"
