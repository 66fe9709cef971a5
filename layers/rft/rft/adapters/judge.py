"""A judge model on Amazon Bedrock, asked through Converse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rft.adapters.aws_errors import QUOTA_CODES, THROTTLING_CODES, translated
from rft.errors import JudgeRefused, JudgeReplyInvalid, JudgeUnavailable, RetryableServiceError, RftError
from rft.ports import JudgeReply

MAX_TOKENS = 1024
"""The reply takes about 60; the rest is room for a model that thinks first."""

WITHHELD = frozenset({"guardrail_intervened", "content_filtered"})
"""Stop reasons whose text is Bedrock's stand-in and not the model's answer."""

_ERRORS: Mapping[str, type[RftError]] = {
    **dict.fromkeys(THROTTLING_CODES | QUOTA_CODES, JudgeUnavailable),
    "ModelErrorException": JudgeUnavailable,
    "ModelNotReadyException": JudgeUnavailable,
    "ModelTimeoutException": JudgeUnavailable,
    "AccessDeniedException": JudgeRefused,
    "ResourceNotFoundException": JudgeRefused,
    "ValidationException": JudgeRefused,
}


class BedrockJudge:
    """Asks once; waiting and asking again are the grader's. Times out with the client's own read timeout."""

    def __init__(self, client: Any, *, model_id: str) -> None:
        self._client = client
        self._model_id = model_id

    @property
    def model_id(self) -> str:
        """A model's or an inference profile's id, or its ARN."""
        return self._model_id

    def ask(self, *, system: str, user: str) -> JudgeReply:
        """Temperature 0, so that the same answer earns the same score as nearly as the model can."""
        with _judge_errors():
            reply = self._client.converse(
                modelId=self._model_id,
                system=[{"text": system}],
                messages=[{"role": "user", "content": [{"text": user}]}],
                inferenceConfig={"temperature": 0, "maxTokens": MAX_TOKENS},
            )
        return _read(reply)


def _read(reply: Mapping[str, Any]) -> JudgeReply:
    stopped = reply["stopReason"]
    if stopped in WITHHELD:
        raise JudgeReplyInvalid(f"the answer was withheld ({stopped})")
    text = "".join(block.get("text", "") for block in reply["output"]["message"]["content"])
    if not text.strip():
        raise JudgeReplyInvalid(f"there was no text in the reply ({stopped})")
    usage = reply["usage"]
    return JudgeReply(text, stopped, input_tokens=usage["inputTokens"], output_tokens=usage["outputTokens"])


@contextmanager
def _judge_errors() -> Iterator[None]:
    try:
        with translated(_ERRORS):
            yield
    except RetryableServiceError as error:
        raise JudgeUnavailable(str(error)) from error
