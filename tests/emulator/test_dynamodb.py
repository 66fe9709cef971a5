"""DynamoDB where it is not moto's alone: transactions, whose backup is of what they touch, and what is answered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator

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


def test_a_transaction_that_fails_leaves_everything_as_it_was(aws: Emulator, table: str) -> None:
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


def test_every_kind_of_value_comes_back_as_it_was_put(aws: Emulator, table: str) -> None:
    item = {**key("all", "kinds"), **EVERYTHING}
    aws.client("dynamodb").put_item(TableName=table, Item=item)
    assert aws.client("dynamodb").get_item(TableName=table, Key=key("all", "kinds"))["Item"] == item


@pytest.mark.parametrize(
    ("projection", "item"),
    [
        ("#text, deep, nowhere", {"text": EVERYTHING["text"], "deep": EVERYTHING["deep"]}),
        ("nowhere", {}),
        ("sets.texts, deep[1]", {"sets": {"M": {"texts": {"SS": ["a"]}}}, "deep": {"L": [{"B": b"x"}]}}),
    ],
)
def test_only_what_is_asked_for_comes_back(aws: Emulator, table: str, projection: str, item: dict[str, Any]) -> None:
    client, at = aws.client("dynamodb"), key("all", "projected")
    client.put_item(TableName=table, Item={**at, **EVERYTHING})
    names = {"ExpressionAttributeNames": {"#text": "text"}} if "#text" in projection else {}
    options = {"ProjectionExpression": projection, **names}
    assert client.get_item(TableName=table, Key=at, **options)["Item"] == item
    replies = client.batch_get_item(RequestItems={table: {"Keys": [at], **options}})["Responses"]
    assert replies == {table: [item]}
    assert client.get_item(TableName=table, Key=at)["Item"] == {**at, **EVERYTHING}


# ---- indexes ------------------------------------------------------------------------------------------------------


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
    """Partition keys, by the index."""
    found = aws.client("dynamodb").query(
        TableName=table,
        IndexName="by_state",
        KeyConditionExpression="#state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": {"S": state}},
    )
    return sorted(item["pk"]["S"] for item in found["Items"])


def test_an_index_shows_a_write_when_its_lag_has_passed(
    aws: Emulator, indexed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("emulator.moto.index_lag.time", SimpleNamespace(monotonic=lambda: now[0]))
    client, lag = aws.client("dynamodb"), aws.options.index_lag_seconds
    for step, (pk, state) in enumerate([("a", "open"), ("b", "open"), ("a", "ended")]):
        now[0] = step * lag
        client.put_item(TableName=indexed, Item={**key(pk, "1"), "state": {"S": state}})
    assert client.get_item(TableName=indexed, Key=key("a", "1"))["Item"]["state"] == {"S": "ended"}
    assert (in_state(aws, indexed, "open"), in_state(aws, indexed, "ended")) == (["a", "b"], [])
    now[0] += lag
    assert (in_state(aws, indexed, "open"), in_state(aws, indexed, "ended")) == (["b"], ["a"])
    client.delete_item(TableName=indexed, Key=key("b", "1"))
    assert in_state(aws, indexed, "open") == ["b"]
    now[0] += lag
    assert in_state(aws, indexed, "open") == []
