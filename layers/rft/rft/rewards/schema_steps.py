"""Counts the steps of validating a value, so that no schema takes more of them than honest ones need.

References that fan out (`allOf: [$ref a, $ref a]`, and a the same of b) double the work at each level: 28 levels of a
schema of 2 KB take hours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

MAX_STEPS = 200_000
"""Of one answer: 10 keywords on each of 20,000 values. A step takes 2 to 5 microseconds."""

_PRICES = {"$ref": 15, "$dynamicRef": 15, "unevaluatedProperties": 20, "unevaluatedItems": 20}
"""Keywords that take longer than others, in steps."""

Rule = Callable[[Validator, Any, Any, Any], Iterable[ValidationError] | None]


class TooManySteps(Exception):
    """Validation was ended at its limit."""


class _Count(threading.local):
    remaining = MAX_STEPS


_count = _Count()


def allow_steps(steps: int = MAX_STEPS) -> None:
    """Begin a validation in this thread."""
    _count.remaining = steps


def counted(kind: type[Validator]) -> type[Validator]:
    """`kind` with each of its keywords counted. Its validators raise TooManySteps."""
    rules: dict[str, Rule] = {name: _counted(rule, _PRICES.get(name, 1)) for name, rule in kind.VALIDATORS.items()}
    limited: type[Validator] = extend(kind, rules)
    return limited


def _counted(rule: Rule, price: int) -> Rule:
    def limited(validator: Validator, keyword_value: Any, value: Any, schema: Any) -> Iterable[ValidationError] | None:
        _count.remaining -= price
        if _count.remaining < 0:
            raise TooManySteps
        return rule(validator, keyword_value, value, schema)

    return limited
