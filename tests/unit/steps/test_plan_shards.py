from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.dataset import RejectedRecord
from rft.contracts.run_request import RunRequest
from rft.contracts.shards import Account, IndexedShard, ShardIndex, ShardPart, ShardPlan
from rft.datasets.bounds import BEDROCK, Bounds
from rft.datasets.render import group_number
from rft.errors import DatasetInvalid, DatasetSizeOutOfBounds
from rft.steps.index_shard import index_uri
from rft.steps.plan_shards import account_uri, part_uri, plan_shards
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import RUN_ID

URI = "s3://data-bucket/datasets/rows.jsonl"


def shard_index(number: int, bad: tuple[int, ...] = (), records: int = 100) -> ShardIndex:
    good = records - len(bad)
    return ShardIndex(
        records=records,
        lines=records,
        groups=tuple(group_number(f"{number} {at // 2}", 42) for at in range(good)),
        labels=(0,) * good,
        label_names=("Tie",),
        bad=tuple(RejectedRecord(position=at, line=at, reason="is not JSON") for at in bad),
        warnings={"odd": 1},
        prompt_tokens={10: good},
    )


def plan(store: MemoryStore, *indexes: ShardIndex, bounds: Bounds = BEDROCK, **dataset: Any) -> ShardPlan:
    for number, index in enumerate(indexes):
        store.put_bytes(index_uri(RUN_ID, number, store), index.model_dump_json().encode())
    request = {"name": "rows", "dataset": {"task": "rft", "uri": URI, **dataset}}
    return plan_shards(
        run_id=RUN_ID,
        request=RunRequest.model_validate(request),
        indexed=[IndexedShard(number=n, records=each.records) for n, each in reversed(list(enumerate(indexes)))],
        store=store,
        bounds=bounds,
    )


def parts(store: MemoryStore, planned: ShardPlan) -> list[ShardPart]:
    return [ShardPart.model_validate_json(store.objects[part_uri(RUN_ID, number, store)]) for number in planned.parts]


def test_every_good_record_is_in_one_part_under_its_source_position() -> None:
    store = MemoryStore()
    planned = plan(store, shard_index(0), shard_index(1, bad=(3, 50)), max_bad_records=2)
    positions = [at for part in parts(store, planned) for piece in part.pieces for at in piece.positions]
    assert sorted(positions) == [at for at in range(1, 201) if at not in {103, 150}]


def test_parts_are_equally_large() -> None:
    store = MemoryStore()
    planned = plan(store, *(shard_index(number) for number in range(8)))
    rows = [sum(len(piece.positions) for piece in part.pieces) for part in parts(store, planned)]
    assert rows == [100] * 8


def test_the_totals_cover_all_shards() -> None:
    store = MemoryStore()
    plan(store, shard_index(0), shard_index(1, bad=(3,)), max_bad_records=1)
    account = Account.model_validate_json(store.objects[account_uri(RUN_ID, store)])
    assert (account.records, account.warnings, account.prompt_tokens) == (200, {"odd": 2}, {10: 199})
    assert account.bad == (RejectedRecord(position=103, line=103, reason="is not JSON"),)
    assert sum(account.rows.values()) == 199
    assert account.labels == {name: {"Tie": rows} for name, rows in account.rows.items()}


def test_bad_records_of_all_shards_are_counted_together() -> None:
    with pytest.raises(DatasetInvalid, match="3 of 200 records cannot be used") as caught:
        plan(MemoryStore(), shard_index(0, bad=(5,)), shard_index(1, bad=(1, 2)), max_bad_records=2)
    assert caught.value.problems[1] == "record 101 on line 101: is not JSON"


def test_too_many_rows_are_refused_before_they_are_planned() -> None:
    with pytest.raises(DatasetSizeOutOfBounds, match="at most 150 training rows"):
        plan(MemoryStore(), *(shard_index(number) for number in range(3)), bounds=Bounds(least=1, most=150))
