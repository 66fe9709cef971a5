"""Runs OpenAI JSON graders; `grader.json` is in the same folder as this file.

Copied into a wrapped function's folder with openai_similarity.py; imports the standard library only.
"""

from __future__ import annotations

import ast
import importlib
import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Namespaces = Mapping[str, Any]
Grade = Callable[[Namespaces], float]

_similarity = importlib.import_module(f"{__package__}.openai_similarity" if __package__ else "openai_similarity")

_FIELD = re.compile(r"\{\{\s*([\w.\[\]-]+)\s*\}\}")
_CHECKS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "like": lambda text, part: part in text,
    "ilike": lambda text, part: part.casefold() in text.casefold(),
}
_OPERATORS: Mapping[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    **{name: getattr(math, name) for name in ("floor", "ceil", "exp", "sqrt", "log")},
}


_MODEL_GRADERS = frozenset({"score_model", "label_model", "endpoint"})


_KINDS = ("string_check", "text_similarity", "python", "multi")


class UnknownGrader(ValueError):
    """Unsupported or invalid grader; the message names the field and the remedy."""


def grade(sample: Mapping[str, Any], item: Mapping[str, Any]) -> float:
    """Score by the grader in `grader.json`."""
    if not _loaded:
        _loaded.append(compiled(json.loads(Path(__file__).with_name("grader.json").read_text(encoding="utf-8"))))
    return _loaded[0]({"sample": sample, "item": item})


_loaded: list[Grade] = []


def compiled(grader: Mapping[str, Any], place: str = "grader") -> Grade:
    """Compiles the grader to a function of (sample, item). Raises UnknownGrader."""
    kind = grader.get("type")
    if kind == "string_check":
        return _string_check(grader, place)
    if kind == "python":
        return _python(grader, place)
    if kind == "text_similarity":
        return _text_similarity(grader, place)
    if kind == "multi":
        return _multi(grader, place)
    reason = "calls a model or service of OpenAI's; use the grader rubric" if kind in _MODEL_GRADERS else "is unknown"
    raise UnknownGrader(f"{place}.type: {kind} {reason}; {', '.join(_KINDS)} can be run here")


def requirements(grader: Mapping[str, Any]) -> set[str]:
    """Dependencies of a valid grader, as lines of requirements.txt."""
    inner = (line for part in grader.get("graders", {}).values() for line in requirements(part))
    return {*_similarity.REQUIREMENTS.get(grader.get("evaluation_metric"), ()), *inner}


def _text_similarity(grader: Mapping[str, Any], place: str) -> Grade:
    metric = str(_needed(grader, "evaluation_metric", place))
    if metric not in _similarity.METRICS:
        reason = _similarity.REFUSED.get(metric, f"must be one of {', '.join(_similarity.METRICS)}")
        raise UnknownGrader(f"{place}.evaluation_metric: {metric} {reason}")
    given, reference = (str(_needed(grader, key, place)) for key in ("input", "reference"))
    return lambda names: float(_similarity.METRICS[metric](_filled(given, names), _filled(reference, names)))


def _string_check(grader: Mapping[str, Any], place: str) -> Grade:
    check = _CHECKS.get(str(grader.get("operation")))
    if check is None:
        raise UnknownGrader(f"{place}.operation: must be one of {', '.join(_CHECKS)}")
    given, reference = (str(_needed(grader, key, place)) for key in ("input", "reference"))
    return lambda names: float(check(_filled(given, names), _filled(reference, names)))


def _python(grader: Mapping[str, Any], place: str) -> Grade:
    scope: dict[str, Any] = {"__name__": "grader"}
    try:
        exec(compile(str(_needed(grader, "source", place)), "grader", "exec", dont_inherit=True), scope)  # noqa: S102
    except (Exception, SystemExit) as error:
        raise UnknownGrader(f"{place}.source: {type(error).__name__}: {error}") from error
    function = scope.get("grade")
    if not callable(function):
        raise UnknownGrader(f"{place}.source: defines no grade(sample, item)")
    return lambda names: float(function(names["sample"], names["item"]))


def _multi(grader: Mapping[str, Any], place: str) -> Grade:
    parts = _needed(grader, "graders", place)
    graders = {name: compiled(part, f"{place}.graders.{name}") for name, part in parts.items()}
    try:
        formula = ast.parse(str(_needed(grader, "calculate_output", place)).replace("^", "**"), mode="eval").body
        _value(formula, dict.fromkeys(graders, 1.0), place)
    except ZeroDivisionError:  # other scores may be valid
        pass
    except (SyntaxError, ArithmeticError, TypeError, RecursionError, MemoryError) as error:
        raise UnknownGrader(f"{place}.calculate_output: {type(error).__name__}: {error}") from error
    return lambda names: _value(formula, {name: part(names) for name, part in graders.items()}, place)


def _value(node: ast.AST, scores: Mapping[str, float], place: str) -> float:
    """Evaluates an arithmetic expression over scores; allows only numbers, operators and a few functions."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in scores:
            return scores[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return float(_OPERATORS[type(op)](_value(left, scores, place), _value(right, scores, place)))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return float(_OPERATORS[type(op)](_value(operand, scores, place)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return float(_FUNCTIONS[name](*(_value(arg, scores, place) for arg in args)))
    raise UnknownGrader(f"{place}.calculate_output: {ast.unparse(node)} is neither a grader's name nor arithmetic")


def _needed(grader: Mapping[str, Any], key: str, place: str) -> Any:
    if key not in grader:
        raise UnknownGrader(f"{place}.{key}: is missing")
    return grader[key]


def _filled(template: str, names: Namespaces) -> str:
    """Replaces each `{{sample.…}}` and `{{item.…}}` in one pass; inserted text is not expanded again."""
    return _FIELD.sub(lambda found: _text(_found(found[1], names)), template)


def _found(path: str, names: Namespaces) -> Any:
    value: Any = names
    for part in re.findall(r"[\w-]+", path):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
