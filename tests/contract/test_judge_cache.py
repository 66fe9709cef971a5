"""The caches in memory and in DynamoDB keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from rft.adapters.judge_cache import DynamoJudgeCache, MemoryJudgeCache
from rft.ports.grading import JudgeCache
from tests.kit.fakes.clock import FixedClock
from tests.kit.project import RESOURCES

TABLE = "judge-cache"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    described = RESOURCES["JudgeCache"]["Properties"]
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(TableName=TABLE, **{k: described[k] for k in KEYS})
        yield client


KEYS = ("KeySchema", "AttributeDefinitions", "BillingMode")


@pytest.fixture(params=["memory", "dynamo", "both"])
def cache(request: pytest.FixtureRequest, table: Any) -> JudgeCache:
    behind = DynamoJudgeCache(table, table=TABLE, days=1, clock=FixedClock())
    caches: dict[str, JudgeCache] = {"memory": MemoryJudgeCache(), "dynamo": behind, "both": MemoryJudgeCache(behind)}
    return caches[request.param]


def test_the_last_value_of_each_key_is_returned(cache: JudgeCache) -> None:
    assert cache.get("a") is None
    cache.put("a", '{"x": true}')
    cache.put("b", "two")
    cache.put("b", "three")
    assert [cache.get(key) for key in "abc"] == ['{"x": true}', "three", None]


def test_memory_keeps_the_most_recently_used_entries() -> None:
    cache = MemoryJudgeCache(entries=2)
    for key in "ab":
        cache.put(key, key)
    cache.get("a")
    cache.put("c", "c")
    assert [cache.get(key) for key in "abc"] == ["a", None, "c"]


def test_containers_share_cached_replies(table: Any) -> None:
    clock = FixedClock()
    one, other = (MemoryJudgeCache(DynamoJudgeCache(table, table=TABLE, days=1, clock=clock)) for _ in range(2))
    one.put("a", "known")
    assert other.get("a") == "known"
    table.delete_table(TableName=TABLE)
    assert other.get("a") == "known", "it is in memory now"


def test_a_reply_expires_even_before_dynamodb_deletes_it(table: Any) -> None:
    clock = FixedClock()
    cache = DynamoJudgeCache(table, table=TABLE, days=2, clock=clock)
    cache.put("a", "known")
    clock.advance(days=1)
    assert cache.get("a") == "known"
    clock.advance(days=1)
    assert cache.get("a") is None
    ttl = RESOURCES["JudgeCache"]["Properties"]["TimeToLiveSpecification"]
    assert ttl["AttributeName"] in table.get_item(TableName=TABLE, Key={"pk": {"S": "a"}})["Item"]


def test_an_unreachable_table_is_a_miss_not_an_error(table: Any) -> None:
    cache = MemoryJudgeCache(DynamoJudgeCache(table, table="no-such-table", days=1, clock=FixedClock()))
    assert cache.get("a") is None
    cache.put("a", "known")
    assert cache.get("a") == "known"
