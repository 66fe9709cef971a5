"""Validates a template's parameters as CloudFormation does before it creates any resource. Pure.

AWS CloudFormation User Guide, "Parameters section" and "Rules section".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Declared = Mapping[str, Any]
"""A parameter as the template declares it."""


def check_parameters(declared: Mapping[str, Declared], rules: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Raise ValueError, with CloudFormation's message, for values that the template does not allow."""
    if unknown := sorted(set(given) - set(declared)):
        raise ValueError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: given.get(name, facts.get("Default")) for name, facts in declared.items()}
    if missing := [name for name, value in values.items() if value is None]:
        raise ValueError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, facts in declared.items():
        for complaint in _problems(facts, str(values[name])):
            raise ValueError(f"Parameter {name} {facts.get('ConstraintDescription') or complaint}")
    for rule in rules.values():
        _check_rule(rule, values)


def _problems(facts: Declared, value: str) -> Iterator[str]:
    yield from _type_problems(facts, value)
    if "AllowedValues" in facts and value not in [str(each) for each in facts["AllowedValues"]]:
        yield f"must be one of {', '.join(str(each) for each in facts['AllowedValues'])}"
    if "AllowedPattern" in facts and not re.fullmatch(facts["AllowedPattern"], value):
        yield f"failed to satisfy constraint: must match pattern {facts['AllowedPattern']}"
    if len(value) < int(facts.get("MinLength", 0)):
        yield f"must contain at least {facts['MinLength']} characters"
    if len(value) > int(facts.get("MaxLength", 4096)):
        yield f"must contain at most {facts.get('MaxLength', 4096)} characters"


def _type_problems(facts: Declared, value: str) -> Iterator[str]:
    numbers = [value] if facts["Type"] == "Number" else value.split(",") if facts["Type"] == "List<Number>" else []
    for number in numbers:
        if not re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", number):
            yield "must be a number"
        elif float(number) < float(facts.get("MinValue", "-inf")):
            yield f"must be a number not less than {facts['MinValue']}"
        elif float(number) > float(facts.get("MaxValue", "inf")):
            yield f"must be a number not greater than {facts['MaxValue']}"


def _check_rule(rule: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    if "RuleCondition" in rule and not _evaluated(rule["RuleCondition"], values):
        return
    for assertion in rule["Assertions"]:
        if not _evaluated(assertion["Assert"], values):
            raise ValueError(f"Template validation error: {assertion.get('AssertDescription', assertion['Assert'])}")


def _evaluated(expression: Any, values: Mapping[str, Any]) -> Any:
    """Evaluate a literal or a rule-specific intrinsic function. Raises ValueError for an unsupported function."""
    if isinstance(expression, list):
        return [_evaluated(each, values) for each in expression]
    if not isinstance(expression, dict):
        return str(expression)
    ((name, argument),) = expression.items()
    if name == "Ref":
        return str(values[argument])
    if name not in _FUNCTIONS:
        raise ValueError(f"the emulator does not support {name} in a rule")
    return _FUNCTIONS[name](_evaluated(argument, values))


_FUNCTIONS: Mapping[str, Callable[[Sequence[Any]], bool]] = {
    "Fn::And": all,
    "Fn::Or": any,
    "Fn::Not": lambda values: not values[0],
    "Fn::Equals": lambda values: bool(values[0] == values[1]),
    "Fn::Contains": lambda values: values[1] in values[0],
    "Fn::EachMemberIn": lambda values: set(values[0]) <= set(values[1]),
    "Fn::EachMemberEquals": lambda values: all(each == values[1] for each in values[0]),
}
