"""The repository's files, parsed for tests of template, state machine and architecture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
SMALL_STACK = ROOT / "tests" / "fixtures" / "emulator_stack" / "template.yaml"
"""Stack for tests of the emulator."""

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTIONS: dict[str, dict[str, Any]] = {
    name: TEMPLATE["Globals"]["Function"] | resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
"""Logical id → properties, merged with the template's Globals."""

MACHINE: dict[str, Any] = json.loads((ROOT / "statemachine" / "train_model.asl.json").read_text())
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
ITEM_STATES = {name: state["ItemProcessor"]["States"] for name, state in STATES.items() if state["Type"] == "Map"}
"""Map state → states of its item processor."""

TASKS = {
    name: state
    for outer, outer_state in STATES.items()
    for name, state in ITEM_STATES.get(outer, {outer: outer_state}).items()
    if state["Type"] == "Task"
}
STEPS = tuple(TASKS)
"""Names of the steps in the order of a run; each is also a logical id."""


def read_event(name: str) -> Any:
    """Parse `events/<name>.json`."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))


def snake(name: str) -> str:
    """Convert PascalCase to snake_case."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")
