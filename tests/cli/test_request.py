from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_client.errors import RftClientError
from rft_client.request import parse_assignment, read_request, validated, with_fields

REQUEST: dict[str, Any] = {"name": "judge", "dataset": {"task": "pandalm", "uri": "s3://data-bucket/datasets/a.json"}}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(), SCALARS, max_size=3)


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_json_and_yaml_give_the_same_request(tmp_path: Path) -> None:
    as_json = '{"name": "a", "hyperparameters": {"learningRate": 5e-5}, "tags": {"day": "2026-11-20"}}'
    as_yaml = "name: a\nhyperparameters:\n  learningRate: 5e-5\ntags:\n  day: 2026-11-20\n"
    one = read_request(_file(tmp_path, "run.json", as_json))
    assert one == read_request(_file(tmp_path, "run.yaml", as_yaml))
    assert one["hyperparameters"]["learningRate"] == 0.00005


def test_a_datasets_path_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    named = read_request(_file(tmp_path, "run.yaml", "dataset: {task: pandalm, uri: data/a.json}"))
    assert named["dataset"]["uri"] == str(tmp_path / "data" / "a.json")
    remote = read_request(_file(tmp_path, "far.yaml", "dataset: {task: pandalm, uri: 's3://b/a.json'}"))
    assert remote["dataset"]["uri"] == "s3://b/a.json"


@pytest.mark.parametrize("uri", ["../secret", "/etc/passwd", "data/../../secret", "link/secret", "~/x/../../../secret"])
def test_a_request_uploads_no_file_outside_its_folder(tmp_path: Path, uri: str) -> None:
    folder = tmp_path / "downloaded"
    folder.mkdir()
    (tmp_path / "secret").write_text("k")
    (folder / "link").symlink_to(tmp_path)
    file = _file(folder, "run.yaml", f"dataset: {{task: pandalm, uri: '{uri}'}}")
    with pytest.raises(RftClientError, match="--dataset"):
        read_request(file)


def test_an_invalid_path_is_refused_with_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RftClientError, match="no path"):
        read_request(_file(tmp_path, "run.json", '{"dataset": {"uri": "a\\u0000b"}}'))


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
        "a: &a [*a]\n",
        "a: &a {b: {c: *a}}\n",
    ],
)
def test_a_file_that_expands_without_limit_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RftClientError, match="10,000 values"):
        read_request(_file(tmp_path, "run.yaml", text))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("run.json", "{", "is not JSON: Expecting property name"),
        ("run.yaml", "a: [", "is not YAML"),
        ("run.yaml", "- a", "must contain one request"),
        ("run.json", "", "is not JSON"),
        ("run.json", "[" * 100_000, "is not JSON: maximum recursion depth"),
        ("run.yaml", "[" * 100_000, "is not YAML: maximum recursion depth"),
        ("run.yaml", "", "must contain one request"),
    ],
)
def test_an_invalid_file_is_a_one_line_error(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(RftClientError, match=words) as refused:
        read_request(_file(tmp_path, name, text))
    assert "\n" not in str(refused.value)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RftClientError, match=r"Cannot read .*none\.yaml: No such file"):
        read_request(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RftClientError, match="is not YAML"):
        read_request(tmp_path / "binary.yaml")


@given(value=JSON)
def test_a_change_sets_its_field_and_no_other(value: Any) -> None:
    changed = with_fields(REQUEST, [("dataset.split.seed", value)])
    assert changed["dataset"]["split"]["seed"] == value
    del changed["dataset"]["split"]
    assert changed == REQUEST


def test_a_change_below_a_value_that_is_no_object_is_refused() -> None:
    with pytest.raises(RftClientError, match=r"Cannot set name\.first: name is not an object"):
        with_fields(REQUEST, [("name.first", 1)])


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2), ("5e-5", 5e-5), ("true", True), ("null", None), ("low", "low"), ("a=b", "a=b"), ("", "")],
)
def test_a_value_is_json_or_else_text(text: str, value: Any) -> None:
    assert parse_assignment(f"a.b={text}") == ("a.b", value)


@pytest.mark.parametrize("text", ["a.b", "=1", ""])
def test_an_assignment_without_a_path_is_refused(text: str) -> None:
    with pytest.raises(RftClientError, match="PATH=VALUE"):
        parse_assignment(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Bad Name"}, "name: may contain only lower-case letters"),
        ({"dataset.task": "nope"}, "known are .*pandalm"),
        ({"dataset.split.seed": "1", "epochs": 1}, "epochs: .*; dataset.split.seed: "),
        ({"dataset": None}, "dataset: "),
        ({"mode": "trian"}, "mode: "),
    ],
)
def test_every_wrong_field_is_named_before_anything_is_sent(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RftClientError, match=words):
        validated(with_fields(REQUEST, changes.items()))


def test_a_valid_request_is_unchanged() -> None:
    request = {**REQUEST, "mode": "preflight", "tags": {"team": "search"}}
    assert validated(request) == request
