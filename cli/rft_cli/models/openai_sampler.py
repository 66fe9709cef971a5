"""A model behind an OpenAI-compatible server, as a ModelSampler."""

from __future__ import annotations

import http
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rft.contracts.dataset import Message
from rft.contracts.sampling import SamplingProtocol
from rft.errors import ModelNotInvocable, PromptRefused, RetryableServiceError, RetryableThrottling
from rft.ports.models import SampledText

SECONDS = 300.0
"""Timeout of one answer: reasoning models on a laptop are slow."""

MAX_REASON = 200
STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "content_filtered"}
"""OpenAI's names → Converse's."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the API key to another host; it is a refusal like any other status."""

    def redirect_request(self, *_: object) -> None:
        """None: the response is raised as HTTPError."""


_OPENER = urllib.request.build_opener(_NoRedirects)


@dataclass(frozen=True)
class OpenAiSampler:
    """Requests each answer once. `url` ends before `/chat/completions`; without a key no one is authorised."""

    url: str
    api_key: str = field(default="", repr=False)
    seconds: float = SECONDS

    def sample(self, model_id: str, messages: Sequence[Message], protocol: SamplingProtocol) -> SampledText:
        """See ModelSampler. Reasoning effort is not sent: servers differ in how they take it."""
        reply = self._reply(
            {
                "model": model_id,
                "messages": [{"role": each.role, "content": each.content} for each in messages],
                **({} if protocol.temperature is None else {"temperature": protocol.temperature}),
                **({} if protocol.max_tokens is None else {"max_tokens": protocol.max_tokens}),
            }
        )
        try:
            return _answer(reply)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise RetryableServiceError(f"{self.url} gave an answer that is no chat completion") from error

    def _reply(self, body: dict[str, Any]) -> Any:
        authorization = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        request = urllib.request.Request(  # noqa: S310 - the address is the user's own option
            f"{self.url.rstrip('/')}/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **authorization},
        )
        try:
            with _OPENER.open(request, timeout=self.seconds) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error, self.url) from error
        except (TimeoutError, ConnectionResetError, http.client.HTTPException, ValueError) as error:
            raise RetryableServiceError(f"{self.url} gave no answer: {type(error).__name__}") from error
        except OSError as error:
            raise ModelNotInvocable(f"{self.url} cannot be reached: {error}") from error


def _answer(reply: Any) -> SampledText:
    choice, usage = reply["choices"][0], reply.get("usage") or {}
    text = choice["message"].get("content") or ""
    if not isinstance(text, str):
        raise TypeError("content is no text")
    return SampledText(
        text=text,
        stop_reason=STOP_REASONS.get(choice.get("finish_reason") or "stop", "end_turn"),
        input_tokens=int(usage.get("prompt_tokens", 0)),
        output_tokens=int(usage.get("completion_tokens", 0)),
    )


def _refusal(error: urllib.error.HTTPError, url: str) -> Exception:
    reason = f"{url} answered HTTP {error.code}: {error.read(MAX_REASON).decode(errors='replace')}"
    if error.code == http.HTTPStatus.TOO_MANY_REQUESTS:
        return RetryableThrottling(reason)
    if error.code in (http.HTTPStatus.BAD_REQUEST, http.HTTPStatus.UNPROCESSABLE_ENTITY):
        return PromptRefused(reason)
    broken = error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    return RetryableServiceError(reason) if broken else ModelNotInvocable(reason)
