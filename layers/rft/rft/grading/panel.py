"""Several judges for one answer, each with one vote. Takes ports: the judges."""

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
    """Calls all judges concurrently. All must reply: a reward must not depend on which judge is down."""

    def __init__(self, judges: Sequence[RetryingJudge]) -> None:
        self._judges = judges
        self.models = tuple(judge.known.judge.model_id for judge in judges)

    def components(
        self, question: Question[dict[str, bool]], judged: Callable[[Votes], Iterator[Component]]
    ) -> Iterator[Component]:
        """The majority's answers as components, by `judged`, and the cost, also if a judge fails.

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
        # 48 bits: a metric is a float, which holds them exactly.
        identity = hashlib.sha256("\n".join([*self.models, prompt]).encode())
        return Component("judge_fingerprint", float(int(identity.hexdigest()[:12], 16)))


class _JudgeThread(threading.Thread):
    """One judge's call, in a daemon thread if there are several judges."""

    def __init__(self, judge: RetryingJudge, question: Question[dict[str, bool]]) -> None:
        super().__init__(daemon=True, name="judge")
        self.usage = Usage()
        self._judge, self._question = judge, question
        self._vote: dict[str, bool] | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._vote = self._judge.complete(self._question, self.usage)
        except Exception as error:  # noqa: BLE001 `vote` raises it again in the grader's thread
            self._error = error

    def vote(self) -> dict[str, bool]:
        if self._error is not None:
            raise self._error
        if self._vote is None:
            raise JudgeError("a judge gave no vote")
        return self._vote


def _sum(usages: Sequence[Usage]) -> Usage:
    return Usage(*(sum(getattr(usage, f.name) for usage in usages) for f in fields(Usage)))
