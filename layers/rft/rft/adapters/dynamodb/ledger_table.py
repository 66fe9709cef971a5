"""Shared reads and writes on the ledger's table."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import Item, record_key, to_attribute
from rft.errors import RetryableThrottling, RunNotFound
from rft.ports.storage import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 6
"""Attempts of a conflicting write, each on the latest state. A run changes status at most six times."""

LOST = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
LOST_IN_TRANSACTION = frozenset({"None", "ConditionalCheckFailed", "TransactionConflict"})
"""Error codes of concurrent writes; a cancelled transaction has one reason per operation."""

THROTTLED_IN_TRANSACTION = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class LedgerTable:
    """One DynamoDB table with strongly consistent reads and conditional writes."""

    def __init__(self, client: DynamoDBClient, *, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def _read(self, key: Item) -> Item | None:
        with translated():
            return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")

    def _set(self, run_id: str, fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """An update of a run's fields, conditional on the values in `before`; None stands for an absent attribute."""
        names = {f"#{number}": name for number, name in enumerate(fields)}
        values = {f":{number}": to_attribute(value) for number, value in enumerate(fields.values())}
        guards = {f"#before_{number}": name for number, name in enumerate(before)}
        guarded = {f":before_{n}": to_attribute(value) for n, value in enumerate(before.values()) if value is not None}
        return {
            "Key": record_key(run_id),
            "UpdateExpression": "SET " + ", ".join(f"#{n} = :{n}" for n in range(len(fields))),
            "ConditionExpression": " AND ".join(
                f"attribute_not_exists(#before_{n})" if value is None else f"#before_{n} = :before_{n}"
                for n, value in enumerate(before.values())
            ),
            "ExpressionAttributeNames": names | guards,
            "ExpressionAttributeValues": values | guarded,
        }

    def _update(self, write: dict[str, Any]) -> bool:
        try:
            with translated():
                self._client.update_item(TableName=self._table, **write)
        except ClientError as error:
            if error.response["Error"]["Code"] not in LOST:
                raise
            return False
        return True

    def _operation(self, kind: str, **write: Any) -> dict[str, Any]:
        return {kind: {"TableName": self._table, **write}}

    def _transact(self, operations: list[Any]) -> bool:
        """Writes all or nothing; False if a condition failed or another transaction conflicts."""
        try:
            with translated():
                self._client.transact_write_items(TransactItems=operations)
        except ClientError as error:
            reasons = {reason["Code"] for reason in error.response.get("CancellationReasons", [])}
            if reasons & THROTTLED_IN_TRANSACTION:
                raise RetryableThrottling(str(error)) from error
            if not reasons or reasons - LOST_IN_TRANSACTION:
                raise
            return False
        return True

    def _attempts(self, run_id: str) -> Iterator[int]:
        """Retries of one write, with jittered exponential back-off."""
        for attempt in range(ATTEMPTS):
            yield attempt
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - not a secret
        raise RetryableThrottling(f"{run_id} has concurrent writes; {ATTEMPTS} attempts conflicted")

    def _item(self, run_id: str) -> Item:
        item = self._read(record_key(run_id))
        if item is None:
            raise RunNotFound(f"Run {run_id} not found")
        return item
