"""Conditions of a statement: operators, set quantifiers and `IfExists`. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from emulator.iam.context import Context
from emulator.iam.patterns import arn_matches, literal, matches, substituted

Test = Callable[[str, str], bool]
"""Compares a policy's value with a request's value."""

QUANTIFIERS = ("ForAllValues:", "ForAnyValue:")


def holds(conditions: Mapping[str, Mapping[str, Sequence[str]]], context: Context) -> bool:
    """Return whether all operators match for all of their keys. Raises ValueError for an unknown operator."""
    return all(
        _key_holds(operator, key, values, context)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def check_operator(operator: str) -> None:
    """Raise ValueError for an operator that IAM does not define."""
    _, name, _ = _divided(operator)
    if name != "Null" and name not in OPERATORS:
        raise ValueError(f"unknown condition operator {operator}")


def _key_holds(operator: str, key: str, values: Sequence[str], context: Context) -> bool:
    quantifier, name, if_exists = _divided(operator)
    found = context.values(key)
    if name == "Null":
        return all((found is None) == (value.lower() == "true") for value in values)
    if not found:
        return _without_value(quantifier, name, if_exists=if_exists)
    test, negated = OPERATORS[name]
    expected = [text for value in values if (text := substituted(value, context.single)) is not None]
    fits = [any(test(policy, request) for policy in expected) != negated for request in found]
    return any(fits) if quantifier == "ForAnyValue:" else all(fits)


def _without_value(quantifier: str, name: str, *, if_exists: bool) -> bool:
    """Return the result for a missing key: False for ForAnyValue, True for `IfExists`, ForAllValues and negations."""
    if quantifier == "ForAnyValue:":
        return False
    return if_exists or quantifier == "ForAllValues:" or OPERATORS[name][1]


def _divided(operator: str) -> tuple[str, str, bool]:
    quantifier = next((q for q in QUANTIFIERS if operator.startswith(q)), "")
    name = operator.removeprefix(quantifier)
    return quantifier, name.removesuffix("IfExists"), name.endswith("IfExists")


def _same(policy: str, request: str) -> bool:
    return literal(policy) == request


def _same_ignoring_case(policy: str, request: str) -> bool:
    return literal(policy).lower() == request.lower()


def _numeric(compare: Callable[[float, float], bool]) -> Test:
    def test(policy: str, request: str) -> bool:
        try:
            return compare(float(request), float(policy))
        except ValueError:
            return False

    return test


def _dated(compare: Callable[[float, float], bool]) -> Test:
    def test(policy: str, request: str) -> bool:
        try:
            return compare(_seconds(request), _seconds(policy))
        except ValueError:
            return False

    return test


def _seconds(text: str) -> float:
    """Parse a date (ISO 8601 or epoch seconds) into epoch seconds."""
    if text.replace(".", "", 1).isdigit():
        return float(text)
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _in_network(policy: str, request: str) -> bool:
    try:
        return ipaddress.ip_address(request) in ipaddress.ip_network(policy, strict=False)
    except ValueError:
        return False


OPERATORS: Mapping[str, tuple[Test, bool]] = {
    "StringEquals": (_same, False),
    "StringNotEquals": (_same, True),
    "StringEqualsIgnoreCase": (_same_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_same_ignoring_case, True),
    "StringLike": (matches, False),
    "StringNotLike": (matches, True),
    "ArnEquals": (arn_matches, False),
    "ArnNotEquals": (arn_matches, True),
    "ArnLike": (arn_matches, False),
    "ArnNotLike": (arn_matches, True),
    "Bool": (_same_ignoring_case, False),
    "BinaryEquals": (_same, False),
    "NumericEquals": (_numeric(lambda a, b: a == b), False),
    "NumericNotEquals": (_numeric(lambda a, b: a == b), True),
    "NumericLessThan": (_numeric(lambda a, b: a < b), False),
    "NumericLessThanEquals": (_numeric(lambda a, b: a <= b), False),
    "NumericGreaterThan": (_numeric(lambda a, b: a > b), False),
    "NumericGreaterThanEquals": (_numeric(lambda a, b: a >= b), False),
    "DateEquals": (_dated(lambda a, b: a == b), False),
    "DateNotEquals": (_dated(lambda a, b: a == b), True),
    "DateLessThan": (_dated(lambda a, b: a < b), False),
    "DateLessThanEquals": (_dated(lambda a, b: a <= b), False),
    "DateGreaterThan": (_dated(lambda a, b: a > b), False),
    "DateGreaterThanEquals": (_dated(lambda a, b: a >= b), False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
}
"""Operator → (comparison of a pair of values, whether the operator negates it).

IAM User Guide, "IAM JSON policy elements: Condition operators". ArnEquals and ArnLike behave identically.
"""
