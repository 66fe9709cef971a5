"""Converse: judges are answered by the stand-in or the user's server, base and deployed models by their policies."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from emulator.bedrock.judge import ModelReply, server_reply, stand_in_reply
from emulator.clock import ScaledClock
from emulator.faults import Faults
from emulator.http.replies import AwsError
from emulator.options import EmulatorOptions
from emulator.simulator.answers import BASE, UNKNOWN, ModelAnswers

SERVER_SECONDS = 60.0

_REFUSED_WITH_HIGH = ("maxTokens", "temperature", "topP")
"""Inference parameters that Nova 2 does not support with reasoning effort high (Nova 2 user guide)."""

_REDACTED = {"reasoningContent": {"reasoningText": {"text": "[REDACTED]"}}}
"""The reasoning block that Nova 2 returns before the text."""


MODEL_ID = re.compile(r"arn:\S+|[\w-]+(\.[\w:-]+)+")
"""An ARN, or `<vendor>.<model>`. Model access of the account is not emulated."""


class Converse:
    """Answers one turn: with a policy for the base model and deployment ARNs, else with the judge.

    All other model ids share one judge, so each response names its actual source.
    """

    def __init__(self, options: EmulatorOptions, clock: ScaledClock, faults: Faults, models: ModelAnswers) -> None:
        self._options = options
        self._clock = clock
        self._faults = faults
        self._models = models

    def answer(self, model_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return Bedrock's Converse response. Raises AwsError."""
        started = time.monotonic()
        if not MODEL_ID.fullmatch(model_id):
            raise AwsError("ValidationException", 400, "The provided model identifier is invalid.")
        messages = request.get("messages") or []
        if not messages or messages[-1].get("role") != "user":
            raise AwsError("ValidationException", 400, "messages: the last message must have the role user")
        prompt = _text(messages[-1].get("content", []))
        fault = self._faults.take("bedrock", "Converse", model_id, only=frozenset({"respond"}), body=prompt.encode())
        if fault:
            answer, source = ModelReply(fault.message, 0, 0), "an injected fault"
        elif ":custom-model" in model_id or BASE in model_id:
            answer, source = self._of_policy(model_id, request, prompt)
        else:
            answer, source = self._of_judge(
                _text(request.get("system", [])), prompt, request.get("inferenceConfig", {})
            )
        reasons = bool(_effort(request))
        return {
            "output": {"message": {"role": "assistant", "content": _content(answer.text, reasons=reasons)}},
            "stopReason": answer.stop_reason,
            "usage": {
                "inputTokens": answer.input_tokens,
                "outputTokens": answer.output_tokens,
                "totalTokens": answer.input_tokens + answer.output_tokens,
            },
            "metrics": {"latencyMs": int((time.monotonic() - started) * 1000)},
            "additionalModelResponseFields": {"emulated": True, "answered_by": source, "asked_for": model_id},
        }

    def _of_policy(self, model_id: str, request: Mapping[str, Any], prompt: str) -> tuple[ModelReply, str]:
        inference = request.get("inferenceConfig", {})
        _check_effort(request, inference)
        greedy = inference.get("temperature") == 0
        if ":custom-model" in model_id:
            text = self._models.tuned(model_id, prompt, greedy=greedy)
            system = _text(request.get("system", []))
            if text == UNKNOWN and system:  # a judge's prompt: dataset rows have no system prompt
                return stand_in_reply(system, prompt), "emulated stand-in for a trained judge"
            return _limited(prompt, text, inference.get("maxTokens")), "emulated policy"
        if self._options.policy_url:
            return self._of_policy_server(_text(request.get("system", [])), prompt, inference)
        text = self._models.base(prompt, greedy=greedy)
        return _limited(prompt, text, inference.get("maxTokens")), "emulated base model"

    def _of_policy_server(self, system: str, prompt: str, inference: Mapping[str, Any]) -> tuple[ModelReply, str]:
        url, model = str(self._options.policy_url), self._options.policy_model
        answer = server_reply(
            url,
            model,
            system=system,
            user=prompt,
            max_tokens=inference.get("maxTokens"),
            timeout=SERVER_SECONDS,
            temperature=inference.get("temperature", 1),
        )
        return answer, f"{model} at {url}"

    def _of_judge(self, system: str, user: str, inference: Mapping[str, Any]) -> tuple[ModelReply, str]:
        url, model = self._options.judge_url, self._options.judge_model
        if url:
            limit = inference.get("maxTokens")
            reply = server_reply(url, model, system=system, user=user, max_tokens=limit, timeout=SERVER_SECONDS)
            return reply, f"{model} at {url}"
        self._clock.pause(self._options.judge_latency)
        return stand_in_reply(system, user), "emulated stand-in"


def _limited(prompt: str, text: str, max_tokens: int | None) -> ModelReply:
    """Truncate the text to `max_tokens`; a word counts as one token."""
    words = text.split()
    if max_tokens is None or len(words) <= max_tokens:
        return ModelReply(text, len(prompt.split()), len(words))
    return ModelReply(" ".join(words[:max_tokens]), len(prompt.split()), max_tokens, "max_tokens")


def _check_effort(request: Mapping[str, Any], inference: Mapping[str, Any]) -> None:
    effort = _effort(request)
    if effort not in (None, "low", "medium", "high"):
        raise AwsError("ValidationException", 400, f"maxReasoningEffort {effort} is not low, medium or high")
    refused = [name for name in _REFUSED_WITH_HIGH if name in inference]
    if effort == "high" and refused:
        message = f"{', '.join(refused)} cannot be set with maxReasoningEffort high"
        raise AwsError("ValidationException", 400, message)


def _effort(request: Mapping[str, Any]) -> Any:
    config = (request.get("additionalModelRequestFields") or {}).get("reasoningConfig", {})
    return config.get("maxReasoningEffort") if config.get("type") == "enabled" else None


def _content(text: str, *, reasons: bool) -> list[dict[str, Any]]:
    return [*([_REDACTED] if reasons else []), *([{"text": text}] if text else [])]


def _text(blocks: Iterable[Mapping[str, Any]]) -> str:
    return "\n".join(str(block["text"]) for block in blocks if "text" in block)
