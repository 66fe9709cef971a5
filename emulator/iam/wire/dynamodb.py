"""Amazon DynamoDB: tables and their indexes, in single, batched and transactional calls."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.iam.authorizer import Check
from emulator.iam.wire.request import Lookups, WireRequest

TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
"""Member of a transaction → required action; there is no action for the transaction itself."""


def checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """Yield one check per table or index."""
    fields = request.fields
    if "TransactItems" in fields:
        for item in fields["TransactItems"]:
            for kind, part in item.items():
                yield Check(f"dynamodb:{TRANSACTED[kind]}", _table(request, part["TableName"]))
    elif "RequestItems" in fields:
        for table in fields["RequestItems"]:
            yield Check(f"dynamodb:{request.name}", _table(request, table))
    elif "TableName" in fields:
        index = f"/index/{fields['IndexName']}" if "IndexName" in fields else ""
        yield Check(f"dynamodb:{request.name}", _table(request, fields["TableName"]) + index)
    else:
        yield Check(f"dynamodb:{request.name}", fields.get("ResourceArn", "*"))


def _table(request: WireRequest, name: str) -> str:
    return name if name.startswith("arn:") else request.arn("dynamodb", f"table/{name}")
