from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.tasks.base import BadRecord, Probes
from rft.tasks.rft import RftRows
from tests.kit.rows import row

TASK = RftRows()
USER = {"role": "user", "content": "2 + 2?"}
SYSTEM = {"role": "system", "content": "Be brief."}


def record(**changes: Any) -> dict[str, Any]:
    raw = {"messages": [SYSTEM, USER], "reference_answer": "4"}
    return {key: value for key, value in (raw | changes).items() if value is not ...}


def written(raw: dict[str, Any]) -> dict[str, Any]:
    return row(TASK.read(raw), task=TASK, position=3, run_id="run-1")


def test_a_row_is_unchanged_except_for_missing_keys() -> None:
    assert written(record()) == {
        "messages": [SYSTEM, USER],
        "reference_answer": "4",
        "task_id": "rft-000003",
        "domain": "general",
        "data_source": "rft",
        "split": "train",
        "run_id": "run-1",
    }


def test_every_key_is_kept_except_split_and_run_id() -> None:
    call = {"role": "tool", "content": "4", "tool_call_id": "call-1"}
    raw = record(
        messages=[USER, call],
        reference_answer={"text": "4", "unit": None},
        task_id="sum-1",
        domain="math",
        data_source="own",
        run_id="another-run",
        split="theirs",
        difficulty={"level": 2},
    )
    assert written(raw) == raw | {"split": "train", "run_id": "run-1"}


def test_a_number_as_task_id_is_its_text() -> None:
    assert written(record(task_id=17))["task_id"] == "17"


def test_equal_user_turns_share_a_group_for_any_system_prompt() -> None:
    other = record(messages=[{"role": "system", "content": "Be long."}, {"role": "user", "content": " 2 + 2? "}])
    assert TASK.read(record()).group == TASK.read(other).group
    third = record(messages=[{"role": "user", "content": "3 + 2?"}])
    assert TASK.read(record()).group != TASK.read(third).group


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ([], "not an object"),
        (record(messages=...), "messages is missing"),
        (record(messages=[]), "messages is missing or empty"),
        (record(messages="hi"), "messages is missing"),
        (record(messages=["hi"]), r"messages\[0\] is not an object"),
        (record(messages=[USER, {"role": "robot", "content": "a"}]), r"messages\[1\].role"),
        (record(messages=[{"role": ["user"], "content": "a"}]), r"messages\[0\].role"),
        (record(messages=[{"role": "user", "content": " "}]), r"messages\[0\].content"),
        (
            record(messages=[{"role": "user", "content": [{"type": "image"}]}]),
            r"messages\[0\].content\[0\] is not text",
        ),
        (record(messages=[USER, SYSTEM]), "system message"),
        (record(messages=[SYSTEM]), "no user message"),
        (record(reference_answer=...), "reference_answer"),
        (record(reference_answer=""), "reference_answer"),
        (record(reference_answer={}), "reference_answer"),
        (record(reference_answer=4), "reference_answer"),
        (record(task_id=""), "task_id"),
        (record(domain=None), "domain"),
        (record(probes=["4"]), "probes"),
        (record(probes={"rihgt": ["4"]}), "probes"),
        (record(probes={"right": "4"}), "probes.right"),
    ],
)
def test_a_record_invalid_for_bedrock_is_refused_with_the_reason(raw: object, reason: str) -> None:
    with pytest.raises(BadRecord, match=reason):
        TASK.read(raw)


@pytest.mark.parametrize(
    ("raw", "probes"),
    [
        (record(), Probes(right=("4",), wrong=("11",))),
        (record(reference_answer={"text": "4"}), Probes(right=("4",), wrong=("11",))),
        (record(reference_answer={"text": "-3"}), Probes(right=("-3",), wrong=("2",))),
        (record(reference_answer="a number"), Probes(right=("a number",))),
        (record(reference_answer={"value": 4}), Probes()),
        (record(probes={"right": ["four"], "wrong": ["5", "6"]}), Probes(right=("four",), wrong=("5", "6"))),
        (record(probes={"wrong": ["5"]}), Probes(wrong=("5",))),
    ],
)
def test_probes_come_with_the_row_or_from_a_reference_that_is_text(raw: dict[str, Any], probes: Probes) -> None:
    assert TASK.probes(DatasetRow.model_validate(written(raw))) == probes


def test_the_task_has_no_default_grader() -> None:
    assert TASK.default_grader is None
