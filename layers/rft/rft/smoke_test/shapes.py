"""The payload shapes that AWS documents for a grader; Bedrock may send any of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Event = dict[str, Any]


def _in_metadata(event: Event) -> Event:
    """Bedrock User Guide: all fields except id and messages under `metadata`."""
    top = ("id", "messages")
    return {key: event[key] for key in top} | {"metadata": {k: v for k, v in event.items() if k not in top}}


def _nova_role(event: Event) -> Event:
    """AWS's Nova samples: the rollout's role is `nova_assistant`."""
    *prompt, answer = event["messages"]
    return {**event, "messages": [*prompt, {**answer, "role": "nova_assistant"}]}


def _content_parts(event: Event) -> Event:
    """Converse's messages: content is a list of parts."""
    turns = [{**turn, "content": [{"type": "text", "text": turn["content"]}]} for turn in event["messages"]]
    return {**event, "messages": turns}


def _reference_as_text(event: Event) -> Event:
    """An object as a JSON string, a string as `{"text": …}`."""
    reference = event["reference_answer"]
    other = {"text": reference} if isinstance(reference, str) else json.dumps(reference, ensure_ascii=False)
    return {**event, "reference_answer": other}


SHAPES: Mapping[str, Callable[[Event], Event]] = {
    "metadata": _in_metadata,
    "nova_assistant": _nova_role,
    "content parts": _content_parts,
    "reference as text": _reference_as_text,
}
"""Differ from the flat shape of `rft.contracts.grading.rollout_event`, which all other trials use."""

CONVERSATION = "conversation"
EARLIER_ANSWER, CHECK_AGAIN = "Let me think about that first.", "Please go on and give your final answer."


def _earlier_turn(event: Event) -> Event:
    """Inserts an assistant turn before the answer: only the last turn counts."""
    *prompt, answer = event["messages"]
    earlier = {"role": "assistant", "content": EARLIER_ANSWER}
    return {**event, "messages": [*prompt, earlier, {"role": "user", "content": CHECK_AGAIN}, answer]}


VARIANTS: Mapping[str, Callable[[Event], Event]] = {**SHAPES, CONVERSATION: _earlier_turn}
"""Trial → transformation of its samples."""
