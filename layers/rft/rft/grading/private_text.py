"""Replaces each free text in a grader's reply by its digest, so it quotes no prompt or answer. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from rft import errors
from rft.contracts.grading import GRADER_ERROR

DIGITS = 16
MAX_TEXTS = 10
"""Texts stored per reply: they mostly repeat, and each takes one PUT."""

_NAME = re.compile(r"[A-Za-z_][\w.]{0,79}", re.ASCII)
_LAMBDAS_OWN = re.compile(
    r"(RequestId: [\w-]+ |\d{4}-\d\d-\d\dT[\d:.]+Z [\da-f-]{36} )?(Error: )?(Task timed out after [\d.]+ seconds"
    r"|Runtime exited (without providing a reason|with error: (signal: killed|exit status \d+)))"
)
"""Messages of Lambda itself (Lambda Developer Guide, "Troubleshoot invocation issues")."""


def _our_errors() -> Iterator[str]:
    yield "UngradableSample"
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.RftError):
            yield kind.__name__


OUR_ERRORS = frozenset(_our_errors())
"""Error classes of this project: their messages name fields and limits, and quote no content."""

_RESULT_WORDS = frozenset(
    "id aggregate_reward_score metrics_list error name value type Reward Metric judge_called judge_calls "
    f"judge_input_tokens judge_output_tokens {GRADER_ERROR}".split()
)
"""Keys of a result in Bedrock's shape."""


@dataclass
class PrivateText:
    """Replaces the texts of one reply and collects them by digest.

    `trusted`: a grader of this stack, whose messages of our own error classes stay.
    """

    trusted: bool
    hidden: dict[str, str] = field(default_factory=dict)

    def reason(self, text: str) -> str:
        """The error's class and the location of its message; `text` is `Class: message`."""
        kind, _, message = text.partition(": ")
        if (self.trusted and kind in OUR_ERRORS) or _LAMBDAS_OWN.fullmatch(message):
            return text
        if text == kind and _NAME.fullmatch(kind):
            return text
        return f"{kind if _NAME.fullmatch(kind) else 'an error'} ({self._hide(text)})"

    def payload(self, payload: Any, ids: Collection[str]) -> Any:
        """A decoded reply: without reasons if the grader is trusted, otherwise without any text of its own."""
        if not self.trusted:
            return self._without_text(payload, {*_RESULT_WORDS, *ids})
        if not isinstance(payload, list):
            return payload
        return [self._without_reason(item) for item in payload]

    def _without_reason(self, item: Any) -> Any:
        error = item.get("error") if isinstance(item, dict) else None
        return item if error is None else {**item, "error": self.reason(str(error))}

    def _without_text(self, value: Any, known: Collection[str]) -> Any:
        match value:
            case str():
                return value if value in known else f"text of {len(value):,} characters ({self._hide(value)})"
            case dict():
                return {self._without_text(name, known): self._part(name, part, known) for name, part in value.items()}
            case list():
                return [self._without_text(part, known) for part in value]
        return value

    def _part(self, name: str, part: Any, known: Collection[str]) -> Any:
        is_reason = name == "error" and part is not None
        return self.reason(str(part)) if is_reason else self._without_text(part, known)

    def _hide(self, text: str) -> str:
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGITS]
        if len(self.hidden) < MAX_TEXTS:
            self.hidden[digest] = text
        return f"text in rollouts/errors/{digest}.txt"
