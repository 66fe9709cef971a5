"""A local judge: a server at RFT_JUDGE_URL, or the emulated judge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from emulator.bedrock.judge import STAND_IN, ModelReply, server_reply, stand_in_reply
from emulator.http.replies import AwsError
from rft.errors import JudgeUnavailable
from rft.ports.grading import JudgeReply

SECONDS = 60.0
"""Timeout of one response of a server."""


class LocalJudge:
    """Implements Judge. The emulated judge is not a language model: it compares words, as `description` states."""

    def __init__(self) -> None:
        self._url = os.environ.get("RFT_JUDGE_URL", "")
        self.model_id = os.environ.get("RFT_JUDGE_MODEL", "default") if self._url else STAND_IN

    @property
    def is_real(self) -> bool:
        """Whether calls go to a server, which may charge for them."""
        return bool(self._url)

    @property
    def description(self) -> str:
        """The model and its location, in words."""
        return f"{self.model_id} at {self._url}" if self._url else "the emulated stand-in, not a language model"

    def complete(self, *, system: str, user: str, schema: Mapping[str, Any]) -> JudgeReply:  # noqa: ARG002
        """See Judge."""
        answer = self._answer(system, user)
        return JudgeReply(answer.text, answer.stop_reason, answer.input_tokens, answer.output_tokens)

    def _answer(self, system: str, user: str) -> ModelReply:
        if not self._url:
            return stand_in_reply(system, user)
        try:
            return server_reply(self._url, self.model_id, system=system, user=user, max_tokens=None, timeout=SECONDS)
        except AwsError as error:
            raise JudgeUnavailable(str(error)) from error
