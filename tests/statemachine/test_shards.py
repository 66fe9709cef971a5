"""How a large dataset goes through the state machine: what each function is given, and how an error comes out."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.shards import (
    IndexedShard,
    IndexShardInput,
    JoinShardsInput,
    PinnedSource,
    PlanShardsInput,
    Shard,
    ShardedDataset,
    ShardPlan,
    WriteShardInput,
    WrittenShard,
)
from rft.contracts.steps import PreparedDataset
from tests.kit.project import ITEM_STATES, STATES, TASKS
from tests.statemachine.machine import choose, evaluated

RUN_INPUT = {
    "run_id": "a-20260102t030405-0123abcd",
    "request": {"name": "a", "dataset": {"task": "pandalm", "uri": "s3://data-bucket/x"}},
}
SOURCE = PinnedSource(uri="s3://data-bucket/x", version="v", bytes=20, layout="lines")
SHARDS = (Shard(number=0, start=0, end=10, last=False), Shard(number=1, start=10, end=20, last=True))
DIVIDED = ShardedDataset(source=SOURCE, shards=SHARDS).model_dump(mode="json")
FAILED = {"error": "DatasetInvalid", "cause": 'He said "no"'}


def items(name: str, state_input: Any) -> list[dict[str, Any]]:
    """What each item of a Map begins with."""
    state = STATES[name]
    context = {"Execution": {"Input": RUN_INPUT}}
    found = evaluated(state["Items"], states={"input": state_input})
    return [
        evaluated(
            state["ItemSelector"],
            states={"input": state_input, "context": context | {"Map": {"Item": {"Value": item}}}},
            dataset=DIVIDED,
        )
        for item in found
    ]


def payload(step: str, state_input: Any) -> Any:
    states = {"input": state_input, "context": {"Execution": {"Input": RUN_INPUT}}}
    return evaluated(TASKS[step]["Arguments"]["Payload"], states=states, dataset=DIVIDED)


def test_only_a_divided_dataset_is_processed_in_parts() -> None:
    prepared = dict.fromkeys(PreparedDataset.model_fields, "")
    assert choose("FitsOneFunction?", prepared)[0] == "JudgeNeeded?"
    assert choose("JudgeNeeded?", prepared)[0] == "SmokeTestGrader"
    assert choose("FitsOneFunction?", DIVIDED) == ("IndexShards", DIVIDED)


@pytest.mark.parametrize("shards", [SHARDS, SHARDS[:1]])
def test_each_shard_is_indexed(shards: tuple[Shard, ...]) -> None:
    divided = ShardedDataset(source=SOURCE, shards=shards).model_dump(mode="json")
    given = [IndexShardInput.model_validate(payload("IndexShard", item)) for item in items("IndexShards", divided)]
    assert tuple(each.shard for each in given) == shards
    assert {each.source for each in given} == {SOURCE}


@pytest.mark.parametrize("count", [1, 2])
def test_all_indexes_are_planned_together(count: int) -> None:
    indexed = [IndexedShard(number=number, records=5).model_dump() for number in range(count)]
    target, handed_on = choose("AllIndexed?", indexed)
    assert target == "PlanShards"
    assert PlanShardsInput.model_validate(payload(target, handed_on)).model_dump()["indexed"] == tuple(indexed)


@pytest.mark.parametrize("parts", [(0,), (0, 1, 5)])
def test_each_part_is_written(parts: tuple[int, ...]) -> None:
    given = items("WriteShards", ShardPlan(parts=parts).model_dump(mode="json"))
    assert tuple(WriteShardInput.model_validate(payload("WriteShard", item)).part for item in given) == parts


@pytest.mark.parametrize("count", [1, 2])
def test_all_parts_are_joined(count: int) -> None:
    written = [WrittenShard(part=part, rows=5, bytes=9, digest="d").model_dump() for part in range(count)]
    target, handed_on = choose("AllWritten?", written)
    assert target == "JoinShards"
    joined = JoinShardsInput.model_validate(payload(target, handed_on))
    assert joined.model_dump()["shards"] == tuple(written)
    assert joined.source == SOURCE


@pytest.mark.parametrize("question", ["AllIndexed?", "AllWritten?"])
@pytest.mark.parametrize("others", [[], [{"number": 0, "records": 5}], [{"error": "Other", "cause": "later"}]])
def test_an_error_of_any_part_ends_the_run_by_its_own_name(question: str, others: list[Any]) -> None:
    fine = {"number": 0, "records": 5}
    assert choose(question, [fine, FAILED, *others]) == ("WriteReport", {"status": "FAILED", **FAILED})


@pytest.mark.parametrize("outer", ITEM_STATES)
def test_an_items_failure_is_caught_inside_the_map_and_returned(outer: str) -> None:
    (step, task), (failed, handed_out) = ITEM_STATES[outer].items()
    (catch,) = task["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], failed)
    caught = {"Error": FAILED["error"], "Cause": FAILED["cause"]}
    assert evaluated(catch["Output"], states={"errorOutput": caught}) == FAILED
    assert (handed_out["Type"], handed_out["End"], task["End"]) == ("Pass", True, True)
    assert STATES[outer]["ItemProcessor"]["StartAt"] == step
    assert handed_out["Comment"].endswith(".")


@pytest.mark.parametrize("outer", ITEM_STATES)
def test_a_map_that_fails_as_a_whole_ends_the_run(outer: str) -> None:
    assert [catch["Next"] for catch in STATES[outer]["Catch"]] == ["WriteReport"]


@pytest.mark.parametrize("outer", ["IndexShards", "WriteShards"])
def test_up_to_200_parts_have_their_own_execution_histories(outer: str) -> None:
    assert STATES[outer]["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert 1 <= STATES[outer]["MaxConcurrency"] <= 1000
