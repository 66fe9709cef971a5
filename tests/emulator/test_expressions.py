"""Validation of DynamoDB expressions and items."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import pytest

from emulator.http.expressions import check_expressions
from emulator.http.replies import AwsError

KEY: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "b"}}
ONE = {"ExpressionAttributeValues": {":n": {"N": "1"}}}
OF = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}}


class Notes:
    """Key schema of one table with an index."""

    def attribute_types(self, _table: str) -> Mapping[str, str]:
        return {"pk": "S", "sk": "S", "state": "S"}

    def key_of(self, _table: str, index: str | None) -> frozenset[str]:
        return frozenset({"state", "sk"} if index else {"pk", "sk"})


def check(operation: str, **fields: Any) -> None:
    request = fields if {"TransactItems", "RequestItems"} & set(fields) else {"TableName": "notes", **fields}
    check_expressions(operation, request, Notes())


def nested(depth: int) -> dict[str, Any]:
    return reduce(lambda inner, _: {"M": {"x": inner}}, range(depth), {"S": "a"})


def put(at: int, size: int) -> dict[str, Any]:
    return {"Put": {"TableName": "notes", "Item": {**KEY, "pk": {"S": str(at)}, "text": {"S": "x" * size}}}}


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("GetItem", {"Key": KEY}),
        ("GetItem", {"Key": KEY, "ProjectionExpression": "#n, m.x", "ExpressionAttributeNames": {"#n": "status"}}),
        ("PutItem", {"Item": {**KEY, "state": {"S": "x"}, "tags": {"SS": ["a", "b"]}, "deep": nested(32)}}),
        ("PutItem", {"Item": KEY, "ConditionExpression": "n > :n", **ONE}),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET n = :n", **ONE}),
        ("Query", {**OF, "FilterExpression": "n = :pk OR m.sk = :pk"}),
        ("Query", {**OF, "IndexName": "by-state", "FilterExpression": "pk = :pk"}),
        ("TransactWriteItems", {"TransactItems": [put(at, 390_000) for at in range(10)]}),
        ("BatchWriteItem", {"RequestItems": {"notes": [{"PutRequest": {"Item": KEY}}]}}),
        ("BatchGetItem", {"RequestItems": {"notes": {"Keys": [KEY]}}}),
    ],
)
def test_an_expression_valid_in_dynamodb_is_accepted(operation: str, fields: Any) -> None:
    check(operation, **fields)


@pytest.mark.parametrize(
    ("operation", "fields", "reason"),
    [
        ("PutItem", {"Item": KEY, **ONE}, "can only be specified when using expressions"),
        ("PutItem", {"Item": KEY, "ConditionExpression": "attribute_exists(pk)", **ONE}, "unused in expressions.*:n"),
        ("PutItem", {"Item": KEY, "ConditionExpression": "n = :n"}, "not defined.*:n"),
        ("GetItem", {"Key": KEY, "ProjectionExpression": "#n"}, "not defined.*#n"),
        ("Query", {**OF, "ExpressionAttributeNames": {"#n": "status"}}, "unused in expressions.*#n"),
        ("PutItem", {"Item": KEY, "ConditionExpression": ""}, "can not be empty"),
        ("Query", {**OF, "FilterExpression": "sk = :pk"}, "non-primary key attributes.*sk"),
        ("Query", {**OF, "IndexName": "by-state", "FilterExpression": "attribute_exists(state)"}, "non-primary"),
        ("PutItem", {"Item": {**KEY, "state": {"N": "1"}}}, "Type mismatch for Index Key state"),
        ("BatchWriteItem", {"RequestItems": {"notes": [{"PutRequest": {"Item": {"pk": {"N": "1"}}}}]}}, "Key pk"),
        ("PutItem", {"Item": {**KEY, "tags": {"SS": ["a", "a"]}}}, "contains duplicates"),
        ("PutItem", {"Item": {**KEY, "deep": nested(33)}}, "Nesting Levels"),
        ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET " + "n = :n, " * 600, **ONE}, "Expression size"),
        ("Query", {**OF, "FilterExpression": f"n IN ({', '.join([':pk'] * 101)})"}, "too many operands"),
        ("TransactWriteItems", {"TransactItems": [put(at, 390_000) for at in range(11)]}, "4194304 bytes"),
    ],
)
def test_an_expression_invalid_in_dynamodb_is_refused(operation: str, fields: Any, reason: str) -> None:
    with pytest.raises(AwsError, match=rf"^ValidationException: .*{reason}"):
        check(operation, **fields)
