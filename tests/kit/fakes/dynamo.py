"""The ledger's table, as the template describes it, in moto's memory."""

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
"""moto undoes a refused transaction by restoring the whole table, and others' writes with it; AWS does not."""

TABLE = "ledger"
REGION = "us-east-1"


@contextmanager
def ledger_table() -> Iterator[DynamoDBClient]:
    """An empty ledger table; ends with the block."""
    with mock_aws():
        client = dynamo_client()
        client.create_table(TableName=TABLE, **_definition())
        yield client


def dynamo_client() -> DynamoDBClient:
    """One more client of the table, as another Lambda would have."""
    client = _session().client("dynamodb")
    call = client._make_api_call  # type: ignore[attr-defined]

    def one_at_a_time(operation: str, arguments: Any) -> Any:
        with _MOTO:
            return call(operation, arguments)

    client._make_api_call = one_at_a_time  # type: ignore[attr-defined]
    return client


@functools.cache
def _session() -> boto3.Session:
    """One session reads botocore's model of DynamoDB once."""
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
    """All that the ledger's table holds, as one object."""
