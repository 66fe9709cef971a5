"""Faults from a file: a list of rules in YAML or JSON, each with the fields of `Fault`."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from emulator.faults import Fault
from rft.contracts.http.validation_messages import validation_messages


def read_faults(path: Path) -> list[Fault]:
    """The file's rules in order. Raises ValueError, which names the rule by its number from 1; OSError."""
    try:
        rules = yaml.safe_load(path.read_text())  # which reads JSON, too
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is neither YAML nor JSON: {error}") from error
    if not isinstance(rules, list):
        raise ValueError(f"{path}: a list of faults is expected, each with at least `service`")  # noqa: TRY004
    return [_fault(path, number, rule) for number, rule in enumerate(rules, start=1)]


def _fault(path: Path, number: int, rule: object) -> Fault:
    try:
        return Fault.model_validate(rule)
    except ValidationError as error:
        raise ValueError(f"{path}, fault {number}: {validation_messages(error, 'rule')}") from error
