"""Limits of SNS and DynamoDB that a request can exceed, on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def topic(aws: Emulator) -> str:
    return str(aws.client("sns").create_topic(Name="limits")["TopicArn"])


@pytest.fixture(scope="module")
def table(aws: Emulator) -> str:
    aws.client("dynamodb").create_table(
        TableName="limits",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "limits"


@pytest.mark.parametrize("subject", ["a\x1b[2J", "two\nlines", "ü", "x" * 101, " first", ""])
def test_a_subject_that_sns_refuses_is_refused(aws: Emulator, topic: str, subject: str) -> None:
    with pytest.raises(ClientError, match="Subject"):
        aws.client("sns").publish(TopicArn=topic, Subject=subject, Message="m")


def test_a_message_is_limited_in_bytes_not_characters(aws: Emulator, topic: str) -> None:
    aws.client("sns").publish(TopicArn=topic, Subject="x" * 100, Message="m" * 262_144)
    with pytest.raises(ClientError, match="too long"):
        aws.client("sns").publish(TopicArn=topic, Message="ü" * 131_073)


@pytest.mark.parametrize("number", ["1e126", "-1e127", "1e-131", "1" * 39, "0." + "1" * 39])
def test_a_number_that_dynamodb_cannot_hold_is_refused(aws: Emulator, table: str, number: str) -> None:
    item: dict[str, Any] = {"pk": {"S": "a"}, "deep": {"M": {"list": {"L": [{"N": number}]}}}}
    with pytest.raises(ClientError, match="ValidationException"):
        aws.client("dynamodb").put_item(TableName=table, Item=item)


@pytest.mark.parametrize("number", ["9.9e125", "1e-130", "0", "1" * 38, "1" + "0" * 100])
def test_a_number_that_dynamodb_holds_is_stored(aws: Emulator, table: str, number: str) -> None:
    aws.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "a"}, "n": {"N": number}})


def test_an_item_over_400_kb_is_refused_in_puts_updates_and_transactions(aws: Emulator, table: str) -> None:
    client = aws.client("dynamodb")
    large: dict[str, Any] = {"M": {"deep": {"L": [{"S": "x" * 300_000}, {"S": "y" * 110_000}]}}}
    item = {"pk": {"S": "large"}, "answers": large}
    update = {
        "TableName": table,
        "Key": {"pk": {"S": "large"}},
        "UpdateExpression": "SET answers = :answers",
        "ExpressionAttributeValues": {":answers": large},
    }
    writes: tuple[Callable[[], object], ...] = (
        lambda: client.put_item(TableName=table, Item=item),
        lambda: client.update_item(**update),
        lambda: client.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item}}]),
        lambda: client.transact_write_items(TransactItems=[{"Update": update}]),
    )
    for write in writes:
        with pytest.raises(ClientError, match=r"[Ii]tem size"):
            write()
