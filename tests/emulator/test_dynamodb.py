"""Patches of moto's DynamoDB: rollback of transactions, serialisation, and eventually consistent reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def table(aws: Emulator) -> str:
    aws.client("dynamodb").create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return "notes"


def key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(table: str, pk: str, sk: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": {**key(pk, sk), "n": {"N": "2"}}, **more}}


def numbers(aws: Emulator, table: str) -> dict[tuple[str, str], str]:
    items = aws.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item["n"]["N"] for item in items}


def test_a_failed_transaction_changes_nothing(aws: Emulator, table: str) -> None:
    client = aws.client("dynamodb")
    for pk, sk in (("a", "1"), ("a", "2"), ("b", "1")):
        client.put_item(TableName=table, Item={**key(pk, sk), "n": {"N": "1"}})
    before = numbers(aws, table)
    update = {
        "TableName": table,
        "Key": key("a", "1"),
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "9"}},
    }
    refused = put(table, "b", "1", ConditionExpression="attribute_not_exists(pk)")
    with pytest.raises(ClientError, match="TransactionCanceled"):
        client.transact_write_items(TransactItems=[{"Update": update}, put(table, "new", "1"), refused])
    assert numbers(aws, table) == before
    client.transact_write_items(TransactItems=[{"Update": update}, put(table, "new", "1")])
    assert numbers(aws, table) == {**before, ("a", "1"): "9", ("new", "1"): "2"}


EVERYTHING: dict[str, Any] = {
    "text": {"S": "ü"},
    "number": {"N": "1.50"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "binary": {"B": b"\x00\xff"},
    "sets": {"M": {"texts": {"SS": ["a"]}, "numbers": {"NS": ["1"]}, "binaries": {"BS": [b"\x01"]}}},
    "deep": {"L": [{"M": {"empty": {"L": []}, "inner": {"M": {}}, "n": {"N": "2"}}}, {"B": b"x"}]},
}


def test_every_attribute_type_is_read_back_unchanged(aws: Emulator, table: str) -> None:
    client, item = aws.client("dynamodb"), {**key("all", "kinds"), **EVERYTHING}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key=key("all", "kinds"), ConsistentRead=True)["Item"] == item


@pytest.mark.parametrize(
    ("projection", "item"),
    [
        ("#text, deep, nowhere", {"text": EVERYTHING["text"], "deep": EVERYTHING["deep"]}),
        ("nowhere", {}),
        ("sets.texts, deep[1]", {"sets": {"M": {"texts": {"SS": ["a"]}}}, "deep": {"L": [{"B": b"x"}]}}),
    ],
)
def test_a_projection_returns_only_the_requested_attributes(
    aws: Emulator, table: str, projection: str, item: dict[str, Any]
) -> None:
    client, at = aws.client("dynamodb"), key("all", "projected")
    client.put_item(TableName=table, Item={**at, **EVERYTHING})
    names = {"ExpressionAttributeNames": {"#text": "text"}} if "#text" in projection else {}
    options = {"ProjectionExpression": projection, "ConsistentRead": True, **names}
    assert client.get_item(TableName=table, Key=at, **options)["Item"] == item
    replies = client.batch_get_item(RequestItems={table: {"Keys": [at], **options}})["Responses"]
    assert replies == {table: [item]}
    assert client.get_item(TableName=table, Key=at, ConsistentRead=True)["Item"] == {**at, **EVERYTHING}


# ---- lagging reads ------------------------------------------------------------------------------------------------


class Time:
    """The clock of the read lag."""

    def __init__(self, lag: float) -> None:
        self.now, self._lag = 0.0, lag

    def pass_lag(self, share: float = 1.0) -> None:
        """Advance by a share of the lag."""
        self.now += share * self._lag


@pytest.fixture
def time(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> Time:
    stopped = Time(aws.options.read_lag_seconds)
    monkeypatch.setattr("emulator.moto.read_lag.time", SimpleNamespace(monotonic=lambda: stopped.now))
    return stopped


@pytest.fixture(scope="module")
def indexed(aws: Emulator) -> str:
    aws.client("dynamodb").create_table(
        TableName="indexed",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "state")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_state",
                "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return "indexed"


def in_state(aws: Emulator, table: str, state: str) -> list[str]:
    """Query the index and return partition keys."""
    found = aws.client("dynamodb").query(
        TableName=table,
        IndexName="by_state",
        KeyConditionExpression="#state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": state}},
    )
    return sorted(item["pk"]["S"] for item in found["Items"])


def test_a_query_returns_the_items_of_one_partition_in_order(aws: Emulator, indexed: str) -> None:
    client = aws.client("dynamodb")
    states = {("q", "2"): "odd", ("q", "1"): "even", ("q", "3"): "odd", ("r", "1"): "odd"}
    for (pk, sk), state in states.items():
        client.put_item(TableName=indexed, Item={**key(pk, sk), "state": {"S": state}})
    client.put_item(TableName=indexed, Item=key("q", "0"))

    def found(condition: str, value: str, **more: Any) -> list[str]:
        values = {"ExpressionAttributeValues": {":v": {"S": value}}}
        query = {"TableName": indexed, "KeyConditionExpression": condition, **values, **more}
        pages = client.get_paginator("query").paginate(**query, PaginationConfig={"PageSize": 2})
        return [item["pk"]["S"] + item["sk"]["S"] for page in pages for item in page["Items"]]

    assert found("pk = :v", "q", ConsistentRead=True) == ["q0", "q1", "q2", "q3"]
    assert found("pk = :v", "nowhere", ConsistentRead=True) == []
    names = {"ExpressionAttributeNames": {"#state": "state"}}
    eventually(lambda: sorted(found("#state = :v", "odd", IndexName="by_state", **names)) == ["q2", "q3", "r1"])
    assert found("#state = :v", "even", IndexName="by_state", **names) == ["q1"]


def test_an_index_shows_a_write_after_its_lag(aws: Emulator, indexed: str, time: Time) -> None:
    client = aws.client("dynamodb")
    for pk, state in [("a", "open"), ("b", "open"), ("a", "ended")]:
        client.put_item(TableName=indexed, Item={**key(pk, "1"), "state": {"S": state}})
        time.pass_lag(share=0.9)
    assert (in_state(aws, indexed, "open"), in_state(aws, indexed, "ended")) == (["a", "b"], [])
    time.pass_lag()
    assert (in_state(aws, indexed, "open"), in_state(aws, indexed, "ended")) == (["b"], ["a"])
    client.delete_item(TableName=indexed, Key=key("b", "1"))
    assert in_state(aws, indexed, "open") == ["b"]
    time.pass_lag()
    assert in_state(aws, indexed, "open") == []


def moods(aws: Emulator, table: str, *, consistent: bool) -> dict[str, str | None]:
    """Return the attribute `mood` of item a/1 by kind of read; None if the item is not found."""
    client, at, options = aws.client("dynamodb"), key("a", "1"), {"ConsistentRead": consistent}
    condition = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": at["pk"]}}
    batch = client.batch_get_item(RequestItems={table: {"Keys": [at], **options}})
    found = {
        "GetItem": [client.get_item(TableName=table, Key=at, **options).get("Item")],
        "BatchGetItem": batch["Responses"][table],
        "Query": client.query(TableName=table, **condition, **options)["Items"],
        "Scan": [item for item in client.scan(TableName=table, **options)["Items"] if item["pk"] == at["pk"]],
    }
    return {read: items[0]["mood"]["S"] if items and items[0] else None for read, items in found.items()}


@pytest.mark.parametrize("write", ["put", "update", "transaction", "batch", "delete"])
def test_only_a_consistent_read_shows_a_write_immediately(aws: Emulator, indexed: str, time: Time, write: str) -> None:
    client, at = aws.client("dynamodb"), key("a", "1")
    client.put_item(TableName=indexed, Item={**at, "mood": {"S": "old"}})
    time.pass_lag()
    item = {**at, "mood": {"S": "new"}}
    update = {"UpdateExpression": "SET mood = :mood", "ExpressionAttributeValues": {":mood": item["mood"]}}
    puts = [{"Put": {"TableName": indexed, "Item": item}}]
    writes = {
        "put": lambda: client.put_item(TableName=indexed, Item=item),
        "update": lambda: client.update_item(TableName=indexed, Key=at, **update),
        "transaction": lambda: client.transact_write_items(TransactItems=puts),
        "batch": lambda: client.batch_write_item(RequestItems={indexed: [{"PutRequest": {"Item": item}}]}),
        "delete": lambda: client.delete_item(TableName=indexed, Key=at),
    }
    writes[write]()
    now = None if write == "delete" else "new"
    assert set(moods(aws, indexed, consistent=True).values()) == {now}
    assert set(moods(aws, indexed, consistent=False).values()) == {"old"}
    time.pass_lag()
    assert set(moods(aws, indexed, consistent=False).values()) == {now}


def test_a_stale_read_shows_the_state_before_all_pending_writes(aws: Emulator, indexed: str, time: Time) -> None:
    client = aws.client("dynamodb")
    client.delete_item(TableName=indexed, Key=key("a", "1"))
    time.pass_lag()
    for mood in ("first", "second", "third"):
        client.put_item(TableName=indexed, Item={**key("a", "1"), "mood": {"S": mood}})
        time.pass_lag(share=0.4)
    seen = []
    for _ in range(4):
        seen.append(moods(aws, indexed, consistent=False)["GetItem"])
        time.pass_lag(share=0.4)
    assert seen == ["first", "second", "third", "third"]


def test_a_transaction_reads_the_latest_write(aws: Emulator, indexed: str, time: Time) -> None:
    client = aws.client("dynamodb")
    client.put_item(TableName=indexed, Item={**key("t", "1"), "mood": {"S": "new"}})
    time.pass_lag(share=0.5)
    read = client.transact_get_items(TransactItems=[{"Get": {"TableName": indexed, "Key": key("t", "1")}}])
    assert read["Responses"][0]["Item"]["mood"] == {"S": "new"}
