from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from rft.errors import JudgeRefused
from rft.grading.batch import Deadline
from rft.grading.judge_client import JudgeClient, Question, RetryingJudge
from rft.grading.panel import Panel
from rft.ports.grading import JudgeReply
from rft.rewards.components import Component
from rft.rewards.judge_prompt import read_reply

PATIENCE_SECONDS = 30


class FakeJudge:
    """Replies once all others at the same barrier were called too: sequential calls never get a reply."""

    def __init__(
        self, number: int, reply: dict[str, bool] | Exception, meeting: threading.Barrier | None = None
    ) -> None:
        self.model_id, self._reply, self._meeting = f"judge-{number}", reply, meeting

    def complete(self, *, system: str, user: str, schema: Any) -> JudgeReply:
        if self._meeting:
            self._meeting.wait(PATIENCE_SECONDS)
        if isinstance(self._reply, Exception):
            raise self._reply
        return JudgeReply(json.dumps(self._reply), "end_turn", input_tokens=10, output_tokens=2)


def panel_scores(*judges: FakeJudge) -> dict[str, float]:
    panel = Panel([RetryingJudge(JudgeClient(judge), Deadline(10)) for judge in judges])
    question = Question("", lambda _: "", lambda text: read_reply(text, ["a", "b"]), {}, {"answer": "x"}, "digest")
    parts = panel.components(question, lambda votes: (Component(name, float(holds)) for name, holds in votes.items()))
    return {part.name: part.value for part in parts}


def test_judges_are_called_concurrently_and_the_majority_counts() -> None:
    votes = [{"a": True, "b": True}, {"a": True, "b": False}, {"a": False, "b": False}]
    meeting = threading.Barrier(3)
    shown = panel_scores(*(FakeJudge(n, vote, meeting) for n, vote in enumerate(votes)))
    assert (shown["a"], shown["b"], shown["judge_disagreement"]) == (1, 0, 1)
    assert (shown["judge_calls"], shown["judge_input_tokens"]) == (3, 30)


def test_a_failed_judge_fails_the_panel_and_its_cost_is_recorded() -> None:
    judges = [FakeJudge(0, {"a": True}), FakeJudge(1, JudgeRefused("denied"))]
    panel = Panel([RetryingJudge(JudgeClient(judge), Deadline(10)) for judge in judges])
    question = Question("", lambda _: "", lambda text: read_reply(text, ["a"]), {}, {"answer": "x"}, "digest")
    parts = panel.components(question, lambda _: iter(()))
    assert next(parts) == Component("judge_calls", 2)
    with pytest.raises(JudgeRefused, match="denied"):
        list(parts)
