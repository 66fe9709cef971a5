"""Reads the state machine: its edges, its expressions, and what an expression gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonata import Jsonata

from rft.training.deadline import CLOSE_WATCH_HOURS
from rft.training.queue import MIN_WAIT_SECONDS
from tests.kit.project import STATES, TASKS

SUBSTITUTIONS = {"PollInitialSeconds": "60", "PollMaxSeconds": "1800", "ApprovalDays": "7"}
"""The template's defaults; a test compares them."""


def targets(name: str) -> Iterator[str]:
    """Every state that may follow `name`."""
    state = STATES[name]
    for holder in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        yield from (holder[key] for key in ("Next", "Default") if key in holder)


def expressions(node: Any) -> Iterator[str]:
    """Every JSONata expression under `node`, without its brackets."""
    if isinstance(node, Mapping):
        for value in node.values():
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)
    elif isinstance(node, str) and (match := re.fullmatch(r"\{%(.*)%\}", node, re.DOTALL)):
        yield match[1].strip()


def evaluated(node: Any, *, states: Mapping[str, Any], **variables: Any) -> Any:
    """`node` with each expression replaced by its value; an expression without a value fails, as it does on AWS."""
    if isinstance(node, Mapping):
        return {key: evaluated(value, states=states, **variables) for key, value in node.items()}
    found = list(expressions(node))
    if not found:
        return node
    text = found[0]
    for name, value in SUBSTITUTIONS.items():
        text = text.replace(f"${{{name}}}", value)
    bound = "".join(f"${name} := {json.dumps(value)};" for name, value in ({"states": states} | variables).items())
    result = Jsonata(f"({bound}{text})").evaluate(None)
    # The interpreter returns None both for null, which is a value, and for none; $exists tells them apart.
    assert result is not None or Jsonata(f"({bound}$exists({text}))").evaluate(None), f"no value: {text}"
    return result


SHORTEST_WAIT = 10
"""The template's minimum of PollInitialSeconds; a test compares them."""


def timeout_seconds(task: Mapping[str, Any]) -> float:
    """How long a task may take, with the default parameters; a wait for the next poll at its shortest."""
    return float(
        evaluated(task["TimeoutSeconds"], states={}, poll_seconds=SHORTEST_WAIT, queue_seconds=MIN_WAIT_SECONDS)
    )


def choose(name: str, state_input: Any, *, run_input: Any = None) -> tuple[str, Any]:
    """The next state of a Choice on this input, and its output."""
    state = STATES[name]
    states = {"input": state_input, "context": {"Execution": {"Input": run_input or {}}}}
    for rule in state["Choices"]:
        if evaluated(rule["Condition"], states=states) is True:
            return rule["Next"], evaluated(rule.get("Output", state_input), states=states)
    return state["Default"], evaluated(state.get("Output", state_input), states=states)


def waits(hours: float) -> Iterator[int]:
    """The waits of a job of `hours` hours, by the state machine's own expressions, where no event ends one early.

    Polling takes no time at worst.
    """
    wait, grow = STATES["WaitForTraining"], STATES["WaitForTraining"]["Catch"][0]["Assign"]["poll_seconds"]
    poll = evaluated(TASKS["StartTraining"]["Assign"]["poll_seconds"], states={})
    longest, waited = TASKS["StartTraining"]["Assign"]["poll_max_seconds"], 0
    while waited < hours * 3600:
        seconds = evaluated(wait["TimeoutSeconds"], states={}, poll_seconds=poll)
        yield seconds
        waited += seconds
        poll = evaluated(grow, states={}, poll_seconds=poll, poll_max_seconds=longest)
        check = {"close_watch": waited / 3600 < CLOSE_WATCH_HOURS}
        longest = evaluated(TASKS["CheckTraining"]["Assign"]["poll_max_seconds"], states={"result": {"Payload": check}})
