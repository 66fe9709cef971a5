"""Models on Amazon Bedrock, sampled through Converse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rft.adapters.aws_errors import QUOTA_CODES, translated
from rft.contracts.dataset import Message
from rft.contracts.sampling import SamplingProtocol
from rft.errors import ModelNotInvocable, PromptRefused, RetryableServiceError, RetryableThrottling, RftError
from rft.ports.models import SampledText

_ERRORS: Mapping[str, type[RftError]] = {
    **dict.fromkeys(QUOTA_CODES, RetryableThrottling),
    "AccessDeniedException": ModelNotInvocable,
    "ModelErrorException": RetryableServiceError,
    "ModelNotReadyException": RetryableServiceError,
    "ModelTimeoutException": RetryableServiceError,
    "ResourceNotFoundException": ModelNotInvocable,
    "ValidationException": PromptRefused,
}

_SYSTEM_ROLES = frozenset({"system", "developer"})


class BedrockSampler:
    """Requests each answer once; the engine retries."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def sample(self, model_id: str, messages: Sequence[Message], protocol: SamplingProtocol) -> SampledText:
        """Samples one answer; settings of None are not sent."""
        with translated(_ERRORS):
            reply = self._client.converse(modelId=model_id, **_turns(messages), **_settings(protocol))
        usage = reply["usage"]
        return SampledText(
            text=next((block["text"] for block in reply["output"]["message"]["content"] if "text" in block), ""),
            stop_reason=reply["stopReason"],
            input_tokens=usage["inputTokens"],
            output_tokens=usage["outputTokens"],
            simulated=bool((reply.get("additionalModelResponseFields") or {}).get("emulated")),
        )


def _turns(messages: Sequence[Message]) -> dict[str, Any]:
    system = [{"text": message.content} for message in messages if message.role in _SYSTEM_ROLES]
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role in _SYSTEM_ROLES:
            continue
        # Converse takes alternating turns and no tool's: a tool's turn becomes a user turn.
        role = "assistant" if message.role == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].append({"text": message.content})
        else:
            turns.append({"role": role, "content": [{"text": message.content}]})
    return {"messages": turns, **({"system": system} if system else {})}


def _settings(protocol: SamplingProtocol) -> dict[str, Any]:
    known = {"maxTokens": protocol.max_tokens, "temperature": protocol.temperature, "topP": protocol.top_p}
    inference = {name: value for name, value in known.items() if value is not None}
    effort = protocol.reasoning_effort
    reasoning = {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
    return {
        **({"inferenceConfig": inference} if inference else {}),
        **({"additionalModelRequestFields": reasoning} if effort else {}),
    }
