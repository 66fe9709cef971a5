"""The ledger's table in moto, as defined in the template."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from rft.adapters.dynamodb.approvals import DynamoApprovals
from rft.adapters.dynamodb.job_queue import DynamoJobQueue
from rft.adapters.dynamodb.ledger import DynamoLedger
from rft.adapters.dynamodb.outbox import DynamoOutbox
from rft.adapters.dynamodb.run_history import DynamoRunHistory
from rft.adapters.dynamodb.run_waits import DynamoRunWaits
from rft.adapters.dynamodb.upload_rejections import DynamoUploadRejections

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MOTO = threading.RLock()
"""Serialises calls, because moto rolls back a failed transaction by restoring the whole table, including the writes of
other threads; AWS does not."""

TABLE = "ledger"
REGION = "us-east-1"


@contextmanager
def ledger_table() -> Iterator[DynamoDBClient]:
    """Create an empty ledger table, deleted on exit."""
    with mock_aws():
        client = dynamo_client()
        client.create_table(TableName=TABLE, **_definition())
        yield client


def dynamo_client() -> DynamoDBClient:
    """Return a new client of the table, as another Lambda function would have."""
    client = _session().client("dynamodb")
    call = client._make_api_call  # type: ignore[attr-defined]

    def one_at_a_time(operation: str, arguments: Any) -> Any:
        with _MOTO:
            return call(operation, arguments)

    client._make_api_call = one_at_a_time  # type: ignore[attr-defined]
    return client


@functools.cache
def _session() -> boto3.Session:
    """Return a cached session, so that botocore's model of DynamoDB is parsed once."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


@functools.cache
def _definition() -> dict[str, Any]:
    template = Path(__file__).parents[3] / "template.yaml"
    table = yaml_parse(template.read_text())["Resources"]["Ledger"]["Properties"]
    return {
        name: table[name] for name in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    }


class DynamoStores(
    DynamoLedger,
    DynamoRunHistory,
    DynamoApprovals,
    DynamoJobQueue,
    DynamoRunWaits,
    DynamoUploadRejections,
    DynamoOutbox,
):
    """All adapters of the ledger's table in one object."""
