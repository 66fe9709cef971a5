"""Validation of expressions and items by DynamoDB's rules that moto does not enforce. Pure.

Amazon DynamoDB Developer Guide, "Expressions" and "Quotas in Amazon DynamoDB".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from emulator.http.replies import AwsError

MAX_EXPRESSION_BYTES = 4096
MAX_DEPTH = 32
"""Maximum depth of nested lists and maps."""
MAX_OPERANDS = 100
"""Maximum operands of IN."""
MAX_TRANSACTION_BYTES = 4 * 2**20

_PLACEHOLDER = re.compile(r"[#:]\w+")
_TOP_LEVEL_NAME = re.compile(r"(?<![.\w#:])#?\w+")
_OPERANDS = re.compile(r"\bIN\s*\(([^()]*)\)", re.IGNORECASE)

Request = Mapping[str, Any]


class Tables(Protocol):
    """Key schemas of the account's tables, by name or ARN; an unknown table has no attributes."""

    def attribute_types(self, table: str) -> Mapping[str, str]:
        """Return the type (S, N or B) of each attribute that is part of a key of the table or an index."""
        ...

    def key_of(self, table: str, index: str | None) -> frozenset[str]:
        """Return the names of the key attributes of the table or index."""
        ...


def check_expressions(operation: str, request: Request, tables: Tables) -> None:
    """Raise AwsError (ValidationException) for the first problem in a request on items."""
    for part in _parts(request):
        _check_placeholders(part)
        item = part.get("Item", {})
        _check_item(item)
        types = tables.attribute_types(part["TableName"]) if item else {}
        for name in types.keys() & item.keys():
            if types[name] not in item[name]:
                actual = next(iter(item[name]))
                raise _refusal(
                    "One or more parameter values were invalid: Type mismatch for Index Key "
                    f"{name} Expected: {types[name]} Actual: {actual}"
                )
    if operation == "Query":
        _check_filter(request, tables)
    if operation == "TransactWriteItems" and len(json.dumps(request["TransactItems"])) > MAX_TRANSACTION_BYTES:
        raise _refusal("Collection size of transaction request exceeds 4194304 bytes.")


def _parts(request: Request) -> Iterator[Request]:
    """Yield the request, or the individual operations of a batch or transaction."""
    if "TransactItems" in request:
        yield from (part for item in request["TransactItems"] for part in item.values())
    elif "RequestItems" in request:
        for table, found in request["RequestItems"].items():
            writes = found if isinstance(found, list) else [{"Get": found}]
            yield from ({"TableName": table, **part} for write in writes for part in write.values())
    elif "TableName" in request:
        yield request


def _check_placeholders(part: Request) -> None:
    """Raise AwsError for an unused or undefined placeholder."""
    expressions = {name: text for name, text in part.items() if name.endswith("Expression") and isinstance(text, str)}
    for name, text in expressions.items():
        _check_expression(name, text)
    used = {found for text in expressions.values() for found in _PLACEHOLDER.findall(text)}
    for kind, sign in (("ExpressionAttributeNames", "#"), ("ExpressionAttributeValues", ":")):
        given, required = set(part.get(kind, {})), {each for each in used if each[0] == sign}
        if given and not expressions:
            raise _refusal(f"{kind} can only be specified when using expressions")
        if unused := sorted(given - required):
            raise _refusal(f"Value provided in {kind} unused in expressions: keys: {{{', '.join(unused)}}}")
        if missing := sorted(required - given):
            what = "name" if sign == "#" else "value"
            raise _refusal(
                f"Invalid expression: An expression attribute {what} used in the document path is not defined; "
                f"attribute {what}: {missing[0]}"
            )


def _check_expression(name: str, text: str) -> None:
    if not text:
        raise _refusal(f"Invalid {name}: The expression can not be empty;")
    if (size := len(text.encode())) > MAX_EXPRESSION_BYTES:
        raise _refusal(
            f"Invalid {name}: Expression size has exceeded the maximum allowed size; expression size: {size}"
        )
    for operands in _OPERANDS.findall(text):
        if (count := operands.count(",") + 1) > MAX_OPERANDS:
            raise _refusal(
                f"Invalid {name}: The IN operator is provided with too many operands; number of operands: {count}"
            )


def _check_filter(request: Request, tables: Tables) -> None:
    names = request.get("ExpressionAttributeNames", {})
    found = {names.get(each, each) for each in _TOP_LEVEL_NAME.findall(request.get("FilterExpression", ""))}
    if refused := sorted(found & tables.key_of(request["TableName"], request.get("IndexName"))):
        raise _refusal(
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: " + refused[0]
        )


def _check_item(item: Request) -> None:
    if max(map(_depth, item.values()), default=0) > MAX_DEPTH:
        raise _refusal("Nesting Levels have exceeded supported limits")
    for value in item.values():
        for kind in ("SS", "NS", "BS"):
            members = value.get(kind, [])
            if len(set(members)) < len(members):
                listed = ", ".join(members)
                raise _refusal(
                    f"One or more parameter values were invalid: Input collection [{listed}] contains duplicates."
                )


def _depth(value: Mapping[str, Any]) -> int:
    """Return the depth of lists and maps in a value; 0 for a scalar."""
    below = [*value.get("M", {}).values(), *value.get("L", [])]
    return 1 + max(map(_depth, below), default=0) if "M" in value or "L" in value else 0


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationException", 400, message)
