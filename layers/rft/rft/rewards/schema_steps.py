"""Limits the steps of validating a value against a schema.

References that fan out (`allOf: [$ref a, $ref a]`, with `a` built likewise on `b`) double the work at each level: 28
levels in a schema of 2 KB take hours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

MAX_STEPS = 200_000
"""Per answer: 10 keywords on each of 20,000 values. A step takes 2 to 5 microseconds."""

_PRICES = {"$ref": 15, "$dynamicRef": 15, "unevaluatedProperties": 20, "unevaluatedItems": 20}
"""Step counts of keywords that take longer than others."""

Rule = Callable[[Validator, Any, Any, Any], Iterable[ValidationError] | None]


class TooManySteps(Exception):
    """Validation reached its step limit."""


class _Count(threading.local):
    remaining = MAX_STEPS


_count = _Count()


def allow_steps(steps: int = MAX_STEPS) -> None:
    """Sets the step limit for the next validation in this thread."""
    _count.remaining = steps


def counted(kind: type[Validator]) -> type[Validator]:
    """The validator class with each keyword counted. Its validators raise TooManySteps."""
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
