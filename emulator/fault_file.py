"""Reads faults from a file: a YAML or JSON list of rules, each with the fields of `Fault`."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from emulator.faults import Fault
from rft.contracts.http.validation_messages import validation_messages


def read_faults(path: Path) -> list[Fault]:
    """Return the file's rules in order. Raises OSError, or ValueError that gives the rule's number, starting at 1."""
    try:
        rules = yaml.safe_load(path.read_text())  # YAML is a superset of JSON
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
