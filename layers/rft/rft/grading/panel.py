"""Several judges of one answer, each with one vote. Takes ports: the judges."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields

from rft.errors import JudgeError
from rft.grading.judge_client import Question, RetryingJudge, Usage
from rft.rewards.components import Component
from rft.rewards.judge_prompt import disagreement, majority_vote

Votes = Mapping[str, bool]


class Panel:
    """All judges must answer: a reward must not depend on which one is down. They are called concurrently."""

    def __init__(self, judges: Sequence[RetryingJudge]) -> None:
        self._judges = judges
        self.models = tuple(judge.known.judge.model_id for judge in judges)

    def components(
        self, question: Question[dict[str, bool]], judged: Callable[[Votes], Iterator[Component]]
    ) -> Iterator[Component]:
        """Components of the majority's answers by `judged`, and the cost; the cost also where a judge fails.

        Raises the first judge's JudgeError.
        """
        threads = [_JudgeThread(judge, question) for judge in self._judges]
        for one in threads[1:]:
            one.start()
        threads[0].run()
        for one in threads[1:]:
            one.join()
        yield from _sum([one.usage for one in threads]).components()
        votes = [one.vote() for one in threads]
        yield self._fingerprint(question.prompt)
        yield from judged(majority_vote(votes))
        if len(votes) > 1:
            yield Component("judge_disagreement", disagreement(votes))

    def _fingerprint(self, prompt: str) -> Component:
        """A metric is a number; 48 bits of a digest are exact in one."""
        identity = hashlib.sha256("\n".join([*self.models, prompt]).encode())
        return Component("judge_fingerprint", float(int(identity.hexdigest()[:12], 16)))


class _JudgeThread(threading.Thread):
    """One judge at work, in a thread of its own where there are others; a daemon, as graders' threads are."""

    def __init__(self, judge: RetryingJudge, question: Question[dict[str, bool]]) -> None:
        super().__init__(daemon=True, name="judge")
        self.usage = Usage()
        self._judge, self._question = judge, question
        self._vote: dict[str, bool] | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._vote = self._judge.complete(self._question, self.usage)
        except Exception as error:  # noqa: BLE001  raised again by `vote`, in the grader's own thread
            self._error = error

    def vote(self) -> dict[str, bool]:
        if self._error is not None:
            raise self._error
        if self._vote is None:
            raise JudgeError("a judge gave no vote")
        return self._vote


def _sum(usages: Sequence[Usage]) -> Usage:
    return Usage(*(sum(getattr(usage, f.name) for usage in usages) for f in fields(Usage)))
