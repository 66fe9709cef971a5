"""Removes grader-written text from replies before checks, ledger and messages see them. Takes ports."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from rft.errors import RetryableServiceError, RetryableThrottling
from rft.grading.private_text import PrivateText
from rft.ports.grading import GraderInvoker, GraderReply, GraderVersion
from rft.ports.storage import ObjectStore
from rft.rewards.samples import sample_run_id

MAX_STORED = 100_000
"""Characters stored of one text: an exception may quote its whole input."""


class PrivateReplies:
    """A GraderInvoker that replaces grader-written text by digests; the text is stored next to the run's rollouts.

    `foreign`: ARNs of graders outside this stack. With `shows_text`, replies are unchanged.
    """

    def __init__(
        self, invoker: GraderInvoker, store: ObjectStore, *, foreign: Collection[str], shows_text: bool
    ) -> None:
        self._invoker, self._store = invoker, store
        self._foreign, self._shows_text = foreign, shows_text

    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:
        reply = self._invoker.invoke(grader_arn, batch)
        if self._shows_text:
            return reply
        private = PrivateText(trusted=grader_arn not in self._foreign)
        shown = GraderReply(
            payload=private.payload(reply.payload, [str(sample.get("id")) for sample in batch]),
            error=reply.error,
            seconds=reply.seconds,
            exception=private.reason(reply.exception) if reply.exception else "",
        )
        self._save(batch, private.hidden)
        return shown

    def resolve(self, grader_arn: str, *, publish: bool) -> GraderVersion:
        return self._invoker.resolve(grader_arn, publish=publish)

    def timeout_seconds(self, grader_arn: str) -> float | None:
        return self._invoker.timeout_seconds(grader_arn)

    def _save(self, batch: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> None:
        # Losing a text must not cost a score.
        run_id = next(filter(None, map(sample_run_id, batch)), None)
        for digest, text in texts.items() if run_id else ():
            body = text[:MAX_STORED].encode(errors="backslashreplace")
            with suppress(RetryableThrottling, RetryableServiceError):
                self._store.put_bytes(self._store.uri(f"runs/{run_id}/rollouts/errors/{digest}.txt"), body)
