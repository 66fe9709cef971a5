"""The repository's own files, as the tests of template, state machine and architecture read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
SMALL_STACK = ROOT / "tests" / "fixtures" / "emulator_stack" / "template.yaml"
"""A stack for the emulator's own tests."""

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTIONS: dict[str, dict[str, Any]] = {
    name: TEMPLATE["Globals"]["Function"] | resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
"""Logical id → properties, with the globals that it does not override."""

MACHINE: dict[str, Any] = json.loads((ROOT / "statemachine" / "train_model.asl.json").read_text())
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
ITEM_STATES = {name: state["ItemProcessor"]["States"] for name, state in STATES.items() if state["Type"] == "Map"}
"""Map → the states that each of its items goes through."""

TASKS = {
    name: state
    for outer, outer_state in STATES.items()
    for name, state in ITEM_STATES.get(outer, {outer: outer_state}).items()
    if state["Type"] == "Task"
}
STEPS = tuple(TASKS)
"""The steps, in the order of a run; each name is also a logical id."""


def read_event(name: str) -> Any:
    """`events/<name>.json`."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))


def snake(name: str) -> str:
    """PrepareDataset → prepare_dataset."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")
