"""Converse: judge models are the stand-in or a server of the user's own, deployed custom models their policies."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from emulator.bedrock.deployed import DeployedModels
from emulator.bedrock.judge import ModelReply, server_reply, stand_in_reply
from emulator.clock import ScaledClock
from emulator.faults import Faults
from emulator.http.replies import AwsError
from emulator.options import EmulatorOptions

SERVER_SECONDS = 60.0


class Converse:
    """Answers one turn: from a job's policy for a deployment's ARN, else from the one judge there is.

    The judge is the same for every model id, so each answer names its source.
    """

    def __init__(self, options: EmulatorOptions, clock: ScaledClock, faults: Faults, deployed: DeployedModels) -> None:
        self._options = options
        self._clock = clock
        self._faults = faults
        self._deployed = deployed

    def answer(self, model_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Bedrock's response. Raises AwsError."""
        started = time.monotonic()
        system = _text(request.get("system", []))
        messages = request.get("messages") or []
        if not messages or messages[-1].get("role") != "user":
            raise AwsError("ValidationException", 400, "messages: the last must be the user's")
        prompt = _text(messages[-1].get("content", []))
        fault = self._faults.take("bedrock", "Converse", model_id, only=frozenset({"respond"}), body=prompt.encode())
        if fault:
            answer, source = ModelReply(fault.message, 0, 0), "an injected fault"
        elif ":custom-model" in model_id:
            text = self._deployed.answer(model_id, prompt)
            answer, source = ModelReply(text, len(prompt.split()), len(text.split())), "emulated policy"
        else:
            answer, source = self._ask(system, prompt, request.get("inferenceConfig", {}))
        return {
            "output": {"message": {"role": "assistant", "content": [{"text": answer.text}] if answer.text else []}},
            "stopReason": answer.stop_reason,
            "usage": {
                "inputTokens": answer.input_tokens,
                "outputTokens": answer.output_tokens,
                "totalTokens": answer.input_tokens + answer.output_tokens,
            },
            "metrics": {"latencyMs": int((time.monotonic() - started) * 1000)},
            "additionalModelResponseFields": {"emulated": True, "answered_by": source, "asked_for": model_id},
        }

    def _ask(self, system: str, user: str, inference: Mapping[str, Any]) -> tuple[ModelReply, str]:
        url, model = self._options.judge_url, self._options.judge_model
        if url:
            limit = inference.get("maxTokens")
            reply = server_reply(url, model, system=system, user=user, max_tokens=limit, timeout=SERVER_SECONDS)
            return reply, f"{model} at {url}"
        self._clock.pause(self._options.judge_latency)
        return stand_in_reply(system, user), "emulated stand-in"


def _text(blocks: Iterable[Mapping[str, Any]]) -> str:
    return "\n".join(str(block["text"]) for block in blocks if "text" in block)
