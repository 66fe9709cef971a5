"""A judge model on Amazon Bedrock, called through Converse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rft.adapters.aws_errors import QUOTA_CODES, THROTTLING_CODES, translated
from rft.adapters.bedrock.judge_models import capabilities
from rft.errors import (
    JudgeRefused,
    JudgeReplyInvalid,
    JudgeThrottled,
    JudgeUnavailable,
    RetryableServiceError,
    RftError,
)
from rft.grading.concurrency_limiter import ConcurrencyLimiter
from rft.grading.judge_client import JudgeClient
from rft.ports.grading import JudgeCache, JudgeReply

if TYPE_CHECKING:
    from rft.settings import JudgeSettings

Choice = Literal["auto", "on", "off"]

WITHHELD = frozenset({"guardrail_intervened", "content_filtered"})
"""Stop reasons for which the text is Bedrock's placeholder instead of the model's answer."""


class _Malformed(JudgeRefused):
    """Bedrock's ValidationException: the request is invalid for the model."""


_ERRORS: Mapping[str, type[RftError]] = {
    **dict.fromkeys(THROTTLING_CODES | QUOTA_CODES, JudgeThrottled),
    "ModelErrorException": JudgeUnavailable,
    "ModelNotReadyException": JudgeUnavailable,
    "ModelTimeoutException": JudgeUnavailable,
    "AccessDeniedException": JudgeRefused,
    "ResourceNotFoundException": JudgeRefused,
    "ValidationException": _Malformed,
}


@dataclass(frozen=True)
class _Extras:
    """Optional request features that not every model supports."""

    structured: bool
    caches: bool


def judge_client(client: Any, *, model_id: str, settings: JudgeSettings, cache: JudgeCache) -> JudgeClient:
    judge = BedrockJudge(
        client,
        model_id=model_id,
        structured_output=settings.judge_structured_output,
        prompt_caching=settings.judge_prompt_caching,
    )
    return JudgeClient(judge, limit=ConcurrencyLimiter(settings.judge_parallelism), cache=cache)


class BedrockJudge:
    """Calls the model once, without retries; the grader retries. The timeout is the client's read timeout.

    A feature set to `auto` is disabled permanently once the model has rejected a request with it and accepted the same
    request without it.
    """

    def __init__(
        self, client: Any, *, model_id: str, structured_output: Choice = "auto", prompt_caching: Choice = "auto"
    ) -> None:
        self._client, self._model_id, self._known = client, model_id, capabilities(model_id)
        self._wished = _Extras(structured=structured_output == "on", caches=prompt_caching == "on")
        self._extras = _Extras(
            structured=self._wished.structured or (structured_output == "auto" and self._known.structured),
            caches=self._wished.caches or (prompt_caching == "auto" and self._known.caches),
        )

    @property
    def model_id(self) -> str:
        """A model id, an inference profile's id, or the ARN of either."""
        return self._model_id

    def complete(self, *, system: str, user: str, schema: Mapping[str, Any]) -> JudgeReply:
        extras = self._extras
        try:
            return self._converse(system, user, schema, extras)
        except _Malformed:
            if extras == self._wished:
                raise
            reply = self._converse(system, user, schema, self._wished)
            self._extras = self._wished
            return reply

    def _converse(self, system: str, user: str, schema: Mapping[str, Any], extras: _Extras) -> JudgeReply:
        # Temperature 0, so that scores of the same answer vary as little as possible.
        sampling = {"temperature": 0} if self._known.sampling else {}
        with _judge_errors():
            reply = self._client.converse(
                modelId=self._model_id,
                system=[{"text": system}, *([{"cachePoint": {"type": "default"}}] if extras.caches else [])],
                messages=[{"role": "user", "content": [{"text": user}]}],
                inferenceConfig={"maxTokens": self._known.max_tokens, **sampling},
                **({"outputConfig": _json_only(schema)} if extras.structured else {}),
            )
        return _read(reply)


def _json_only(schema: Mapping[str, Any]) -> dict[str, Any]:
    definition = {"name": "judgment", "schema": json.dumps(schema)}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": definition}}}


def _read(reply: Mapping[str, Any]) -> JudgeReply:
    stopped = reply["stopReason"]
    if stopped in WITHHELD:
        raise JudgeReplyInvalid(f"the answer was withheld ({stopped})")
    text = "".join(block.get("text", "") for block in reply["output"]["message"]["content"])
    if not text.strip():
        raise JudgeReplyInvalid(f"there was no text in the reply ({stopped})")
    usage = reply["usage"]
    return JudgeReply(
        text,
        stopped,
        input_tokens=usage["inputTokens"],
        output_tokens=usage["outputTokens"],
        cached_tokens=usage.get("cacheReadInputTokens", 0),
    )


@contextmanager
def _judge_errors() -> Iterator[None]:
    try:
        with translated(_ERRORS):
            yield
    except RetryableServiceError as error:
        raise JudgeUnavailable(str(error)) from error
