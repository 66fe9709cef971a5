"""Lambda handler for a reward function written for another tool, configured by `wrapped.json`. No dependencies.

The function is called once per sample, so a failed sample does not affect others. Scores are returned unchanged:
a function that scores outside 0..1 requires the run's `grader.score_range`.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Call = Callable[[Callable[..., Any], Row], Any]

TRUTHS = ("ground_truth", "answer", "solution", "final_answer", "text", "label")
"""Keys of the expected answer in a reference object, in order of precedence."""


def handler(event: Any, context: Any) -> list[dict[str, Any]]:  # noqa: ARG001
    """Returns one result per sample, in order."""
    return [graded(sample, at) for at, sample in enumerate(event, 1)]


def graded(sample: Any, at: int) -> dict[str, Any]:
    """Grades a sample. An exception is returned as an error result, and logged."""
    identity = str(sample.get("id") or f"sample-{at}") if isinstance(sample, dict) else f"sample-{at}"
    try:
        score, error = scored(read_row(sample)), ""
    except Exception as reason:  # noqa: BLE001  a failed sample must not affect others
        score, error = 0.0, f"{type(reason).__name__}: {reason}"[:200]
        print(json.dumps({"sample": identity, "error": error}))  # noqa: T201
    metrics = [
        {"name": "wrapped", "value": score, "type": "Reward"},
        {"name": "grader_error", "value": float(bool(error)), "type": "Metric"},
    ]
    result = {"id": identity, "aggregate_reward_score": score, "metrics_list": metrics}
    return {**result, "error": error} if error else result


def scored(row: Row) -> float:
    """Score of the row. Raises the wrapped function's exceptions, and ValueError for an invalid score."""
    kind, function = wrapped()
    result = CALLS[kind](function, row)
    if inspect.isawaitable(result):
        result = asyncio.run(_awaited(result))
    if isinstance(result, list | tuple) and len(result) == 1:
        result = result[0]
    value = result.get("score") if isinstance(result, dict) else getattr(result, "score", result)
    if value is None or not math.isfinite(float(value)):
        raise ValueError(f"the function returned {value}, which is no score")
    return float(value)


async def _awaited(result: Any) -> Any:
    return await result


_loaded: dict[str, Any] = {}


def wrapped() -> tuple[str, Callable[..., Any]]:
    """Imports the function named in wrapped.json; returns its kind and the function."""
    if not _loaded:
        config = json.loads(Path(__file__).with_name("wrapped.json").read_text(encoding="utf-8"))
        _loaded.update(
            kind=config["kind"], function=getattr(importlib.import_module(config["module"]), config["function"])
        )
    return _loaded["kind"], _loaded["function"]


def read_row(sample: Any) -> dict[str, Any]:
    """The sample's keys from any supported payload format, plus `prompt`, `answer_text`, `truth` and `columns`."""
    keys = {**(sample.get("metadata") or {}), **sample}
    *prompt, last = [{"role": turn["role"], "content": _text(turn.get("content"))} for turn in keys["messages"]]
    if last["role"] not in {"assistant", "nova_assistant"}:
        raise ValueError("messages: the last one must be the assistant's answer")
    reference = _reference(keys.get("reference_answer"))
    own = {key: value for key, value in keys.items() if key not in {"messages", "metadata", "id"}}
    inside = reference if isinstance(reference, dict) else {}
    truth = next((inside[key] for key in TRUTHS if key in inside), reference)
    return {
        "prompt": prompt,
        "answer_text": last["content"],
        "truth": truth,
        "columns": {**dict.fromkeys(("ground_truth", "answer", "solution"), truth), **own, **inside},
    }


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") if isinstance(part, dict) else str(part) for part in content or ())


def _reference(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, dict) and value.keys() <= {"text", "type"} and isinstance(value.get("text"), str):
        return value["text"]
    return value


def call_trl(function: Callable[..., Any], row: Row) -> Any:
    """TRL: `reward(prompts, completions, **columns)` with lists of length 1; completions are conversations."""
    columns = {key: [value] for key, value in row["columns"].items() if key not in {"prompts", "completions"}}
    completion = [{"role": "assistant", "content": row["answer_text"]}]
    return function(**_accepted(function, {"prompts": [row["prompt"]], "completions": [completion], **columns}))


def call_verl(function: Callable[..., Any], row: Row) -> Any:
    """verl: `compute_score(data_source, solution_str, ground_truth, extra_info)`, or (solution, truth) by position."""
    columns = row["columns"]
    known = {
        "data_source": columns.get("data_source", ""),
        "solution_str": row["answer_text"],
        "ground_truth": row["truth"],
        "extra_info": columns.get("extra_info", columns),
    }
    required = [p.name for p in _parameters(function) if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if not set(required) <= set(known):
        return function(row["answer_text"], row["truth"])
    return function(**_accepted(function, known))


def call_openai(function: Callable[..., Any], row: Row) -> Any:
    """OpenAI: `grade(sample, item)`."""
    return function(openai_sample(row["answer_text"]), {**row["columns"], "reference_answer": row["truth"]})


def openai_sample(text: str) -> dict[str, Any]:
    """The `sample` namespace of OpenAI graders, with `output_text` and, if valid, `output_json`."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    message = {"role": "assistant", "content": text, "tool_calls": None}
    return {"output_text": text, "output_json": parsed, "output_tools": [], "choices": [{"message": message}]}


def call_verifiers(function: Callable[..., Any], row: Row) -> Any:
    """verifiers: any of prompt, completion, answer, state, task and info, passed by name."""
    columns = row["columns"]
    completion = [{"role": "assistant", "content": row["answer_text"]}]
    info = columns.get("info", {})
    values = {"prompt": row["prompt"], "completion": completion, "answer": row["truth"], "info": info}
    state = {**values, "task": columns.get("task", "default"), "responses": [], "turn": 1}
    return function(**_accepted(function, {**values, "task": state["task"], "state": state}))


def call_eval_protocol(function: Callable[..., Any], row: Row) -> Any:
    """eval-protocol: `reward(messages, ground_truth, **columns)`, which returns an object with a score."""
    messages = [*row["prompt"], {"role": "assistant", "content": row["answer_text"]}]
    return function(**_accepted(function, {**row["columns"], "messages": messages, "ground_truth": row["truth"]}))


CALLS: Mapping[str, Call] = {
    "trl": call_trl,
    "verl": call_verl,
    "openai": call_openai,
    "verifiers": call_verifiers,
    "eval-protocol": call_eval_protocol,
}


def _accepted(function: Callable[..., Any], values: Row) -> dict[str, Any]:
    """The `values` that the function accepts as parameters; all of them if it has **kwargs."""
    parameters = _parameters(function)
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict(values)
    names = {p.name for p in parameters}
    return {key: value for key, value in values.items() if key in names}


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())
