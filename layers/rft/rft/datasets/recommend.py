"""Recommends hyperparameters for a dataset, each with source and reason; the request's values take precedence.

Based on AWS's guidance (Bedrock and Nova user guides, AWS's samples): batches of 128; 6 to 12 epochs on small data;
validation reward levels off after about 40 steps; evalInterval min(10, rows / batch); prompts over maxPromptLength are
dropped silently; reasoning counts towards inferenceMaxTokens.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rft.contracts.dataset import Recommendation
from rft.contracts.run_request import HyperParameters

PROMPT_STEP = 64
MIN_BATCH, USUAL_BATCH = 16, 128
STEPS_PER_EPOCH = 25
STEPS_TO_PLATEAU = 40
MAX_EPOCHS = 12
EVAL_INTERVAL = 10
ROOM_TO_REASON = {"low": 2048, "medium": 4096, "high": 8192}
"""Minimum inferenceMaxTokens by reasoningEffort: AWS's sample uses 8,192 for high; each lower level half of that."""


def recommend(
    *,
    prompt_tokens: Counter[int],
    p99: int,
    train_rows: int,
    preset: Mapping[str, tuple[Any, str]],
    request: HyperParameters,
) -> dict[str, Recommendation]:
    """All eight hyperparameters. `prompt_tokens`: prompts by length in tokens; `p99`: its 99th percentile."""
    requested = request.model_dump(exclude_none=True)
    chosen = _Chosen(requested, preset)
    batch = chosen.take("batchSize", *_batch_size(train_rows))
    steps = math.ceil(train_rows / batch)
    chosen.take("epochCount", *_epochs(steps))
    chosen.take("evalInterval", max(1, min(EVAL_INTERVAL, train_rows // batch)), _EVALUATION)
    chosen.take("maxPromptLength", *_prompt_length(max(prompt_tokens), p99))
    chosen.take("learningRate", 1e-5, "AWS's samples use 1e-5")
    chosen.take("trainingSamplePerPrompt", 4, "AWS's sample uses 4")
    effort = chosen.take("reasoningEffort", "medium", "AWS's SDK template uses medium")
    chosen.take("inferenceMaxTokens", ROOM_TO_REASON[effort], f"room for {effort} reasoning and an answer")
    chosen.note("maxPromptLength", _dropped(prompt_tokens, chosen.value("maxPromptLength")))
    _leave_room(chosen, effort, requested=requested)
    return chosen.recommendations


_EVALUATION = f"AWS's guidance: min({EVAL_INTERVAL}, rows / batch), min 1"


class _Chosen:
    """Selects each value: the request's, else the task's, else one from the statistics."""

    def __init__(self, requested: Mapping[str, Any], preset: Mapping[str, tuple[Any, str]]) -> None:
        self._requested = requested
        self._preset = preset
        self.recommendations: dict[str, Recommendation] = {}

    def take(self, name: str, value: Any, reason: str) -> Any:
        if name in self._requested:
            chosen = Recommendation(value=self._requested[name], source="request", reason="as requested")
        elif name in self._preset:
            value, reason = self._preset[name]
            chosen = Recommendation(value=value, source="task", reason=reason)
        else:
            chosen = Recommendation(value=value, source="statistics", reason=reason)
        self.recommendations[name] = chosen
        return chosen.value

    def value(self, name: str) -> Any:
        return self.recommendations[name].value

    def note(self, name: str, warning: str) -> None:
        if warning:
            before = self.recommendations[name]
            self.recommendations[name] = before.model_copy(update={"reason": f"{before.reason}; {warning}"})

    def replace(self, name: str, value: Any, reason: str) -> None:
        self.recommendations[name] = Recommendation(value=value, source="request", reason=reason)


def _batch_size(rows: int) -> tuple[int, str]:
    """The largest power of two that gives enough steps per epoch."""
    fitting = 2 ** int(math.log2(max(1, rows / STEPS_PER_EPOCH)))
    batch = max(MIN_BATCH, min(USUAL_BATCH, fitting))
    return (
        batch,
        f"{rows} rows make {math.ceil(rows / batch)} steps of {batch} an epoch; on large data AWS suggests 128",
    )


def _epochs(steps: int) -> tuple[int, str]:
    epochs = max(1, min(MAX_EPOCHS, math.ceil(STEPS_TO_PLATEAU / steps)))
    return epochs, f"{epochs * steps} steps in all: validation reward levels off after about {STEPS_TO_PLATEAU}"


def _prompt_length(longest: int, p99: int) -> tuple[int, str]:
    value = math.ceil(max(2 * p99, longest) / PROMPT_STEP) * PROMPT_STEP
    reason = f"twice the 99th percentile ({p99} tokens), min the longest prompt ({longest}), in steps of {PROMPT_STEP}"
    return value, reason


def _dropped(prompt_tokens: Counter[int], limit: int) -> str:
    over = sum(count for tokens, count in prompt_tokens.items() if tokens > limit)
    if not over:
        return ""
    return f"WARNING: {over} of {prompt_tokens.total()} prompts are longer (estimate) and would be dropped silently"


def _leave_room(chosen: _Chosen, effort: str, *, requested: Mapping[str, Any]) -> None:
    """Raises the token limit for more reasoning than the task expects; keeps a lower requested value with a warning."""
    room = ROOM_TO_REASON[effort]
    if chosen.value("inferenceMaxTokens") >= room:
        return
    if "inferenceMaxTokens" in requested:
        warning = f"WARNING: {effort} reasoning may exhaust it before the answer begins; {room} leaves room"
        chosen.note("inferenceMaxTokens", warning)
    else:
        chosen.replace("inferenceMaxTokens", room, f"room for the {effort} reasoning that was requested, and an answer")
