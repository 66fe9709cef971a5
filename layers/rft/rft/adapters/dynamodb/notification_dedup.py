"""Who sends a message, where several may: notices in the ledger's table.

A notice is claimed by a conditional write before its message is sent and closed after it. A claim holds for
LEASE_SECONDS: a second sender meanwhile gets a retryable error; after a sender that died, the next one sends. So a
message is sent once, unless a sender dies, or loses SNS's answer, between sending and closing; then it is sent again.
It is never lost as long as a retry follows.

    item    pk               sk      holds
    notice  NOTICE#<notice>  NOTICE  `claimed_until` (seconds of the epoch), `sent_at`
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import Item, to_attribute
from rft.errors import RetryableServiceError
from rft.ports.storage import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE_SECONDS = 90
"""Longer than the timeout of any function that sends, so that a live sender never loses its claim."""

FREE = "attribute_not_exists(sent_at) AND (attribute_not_exists(claimed_until) OR claimed_until < :now)"


class DynamoSendOnce:
    def __init__(self, client: DynamoDBClient, *, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    @contextmanager
    def claimed(self, notice: str) -> Iterator[bool]:
        """True where the caller is the one to send; the notice is closed at the end, and given back on an error.

        Raises RetryableServiceError while another holds it.
        """
        until = self._clock.now().timestamp() + LEASE_SECONDS
        if not self._claim(notice, until):
            self._check_sent(notice)
            yield False
            return
        try:
            yield True
        except BaseException:
            self._write(notice, "REMOVE claimed_until", "claimed_until = :until", until=until)
            raise
        self._write(notice, "SET sent_at = :now", now=self._clock.now().isoformat())

    def _claim(self, notice: str, until: float) -> bool:
        now = self._clock.now().timestamp()
        return self._write(notice, "SET claimed_until = :until", FREE, now=now, until=until)

    def _check_sent(self, notice: str) -> None:
        with translated():
            found = self._client.get_item(TableName=self._table, Key=_key(notice), ConsistentRead=True)
        if "sent_at" not in found.get("Item", {}):
            raise RetryableServiceError(f"the notice {notice} is being sent by another")

    def _write(self, notice: str, update: str, condition: str = "", **values: object) -> bool:
        """Returns False if the condition fails."""
        write: dict[str, Any] = {
            "UpdateExpression": update,
            **({"ConditionExpression": condition} if condition else {}),
        }
        write["ExpressionAttributeValues"] = {f":{name}": to_attribute(value) for name, value in values.items()}
        try:
            with translated():
                self._client.update_item(TableName=self._table, Key=_key(notice), **write)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _key(notice: str) -> Item:
    return {"pk": to_attribute(f"NOTICE#{notice}"), "sk": to_attribute("NOTICE")}
