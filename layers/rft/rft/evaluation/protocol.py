"""How a model is sampled: the settings, and what of them could not match training. Pure."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from pydantic import Field

from rft.contracts.base import Contract

Effort = Literal["low", "medium", "high"]


class SamplingProtocol(Contract):
    """Settings of every answer, the same for both models. None: not sent, the service's own value applies."""

    temperature: float | None
    top_p: float | None
    max_tokens: int | None = Field(description="Of the answer, reasoning included.")
    reasoning_effort: Effort | None

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the settings."""
        return f"sha256:{hashlib.sha256(self.model_dump_json().encode()).hexdigest()}"

    def inference_config(self) -> dict[str, Any]:
        """Converse's `inferenceConfig`, without what is not sent."""
        known = {"maxTokens": self.max_tokens, "temperature": self.temperature, "topP": self.top_p}
        return {name: value for name, value in known.items() if value is not None}

    def additional_fields(self) -> dict[str, Any]:
        """Converse's `additionalModelRequestFields`: Nova 2's reasoning effort."""
        if self.reasoning_effort is None:
            return {}
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": self.reasoning_effort}}


def sampling_protocol(
    *, temperature: float, max_tokens: int | None, reasoning_effort: Effort | None
) -> SamplingProtocol:
    """With effort `high`, Nova 2 refuses maxTokens, temperature and topP: none of them is sent."""
    if reasoning_effort == "high":
        return SamplingProtocol(temperature=None, top_p=None, max_tokens=None, reasoning_effort="high")
    return SamplingProtocol(
        temperature=temperature, top_p=None, max_tokens=max_tokens, reasoning_effort=reasoning_effort
    )


def unmatched(protocol: SamplingProtocol, *, trained_tokens: int | None) -> tuple[str, ...]:
    """Every setting that differs from, or cannot be compared with, the rollouts of training."""
    found = ["topP: the service's default applies here; the value of training rollouts is not published"]
    if protocol.temperature is None:
        found.append("temperature: not accepted with reasoning effort high; the service's default applies")
    elif protocol.temperature != 1:
        found.append(f"temperature: {protocol.temperature:g} here, training samples at 1")
    if protocol.max_tokens is None and trained_tokens is not None:
        found.append(f"maxTokens: not accepted with reasoning effort high; training ended answers at {trained_tokens}")
    if trained_tokens is None:
        found.append("maxTokens: the run leaves inferenceMaxTokens to the service, whose value is not published")
    return tuple(found)
