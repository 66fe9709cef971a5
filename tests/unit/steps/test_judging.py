from __future__ import annotations

import pytest

from rft.errors import JudgeRefused, JudgeReplyInvalid, JudgeUnavailable
from rft.steps.grading import Deadline
from rft.steps.judging import LONGEST_PAUSE_SECONDS, KnownJudge, PatientJudge, Question, Usage
from tests.fakes.judge import ScriptedJudge

AWAY = JudgeUnavailable("throttled")


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def number(text: str) -> int:
    if not text.isdigit():
        raise JudgeReplyInvalid("it must be a number")
    return int(text)


def question(part: str = "P", *, fresh: bool = False) -> Question[int]:
    return Question(
        system="S",
        user=lambda complaint: f"U[{complaint}]",
        read=number,
        schema={},
        parts={"part": part},
        prompt="sha256:0",
        fresh=fresh,
    )


def ask(judge: ScriptedJudge, time: Time, *, seconds: float = 60) -> int:
    patient = PatientJudge(KnownJudge(judge), Deadline(seconds, time.monotonic), time.sleep)
    return patient.ask(question(), Usage())


def test_a_good_reply_takes_one_call_and_no_pause() -> None:
    judge, time = ScriptedJudge(["7"]), Time()

    assert ask(judge, time) == 7
    assert (judge.systems, judge.prompts, time.pauses) == (["S"], ["U[]"], [])


def test_throttling_is_waited_out_with_growing_jittered_pauses() -> None:
    judge, time = ScriptedJudge([AWAY] * 8, otherwise="7"), Time()

    assert ask(judge, time) == 7
    assert len(judge.prompts) == 9
    longest = [0.25, 0.5, 1, 2, 4, 4, 4, 4]
    assert all(most / 2 <= pause <= most for pause, most in zip(time.pauses, longest, strict=True))
    assert len(set(time.pauses)) == 8


def test_pauses_are_spread_between_calls_that_failed_together() -> None:
    times = [Time() for _ in range(20)]
    for time in times:
        ask(ScriptedJudge([AWAY], otherwise="7"), time)

    assert len({time.pauses[0] for time in times}) > 10


def test_the_judge_is_given_up_before_the_deadline_and_not_after() -> None:
    judge, time = ScriptedJudge(otherwise=AWAY), Time()

    with pytest.raises(JudgeUnavailable, match="throttled"):
        ask(judge, time, seconds=30)

    assert 30 - LONGEST_PAUSE_SECONDS <= time.now < 30


def test_nothing_is_asked_when_time_is_up() -> None:
    judge = ScriptedJudge()

    with pytest.raises(JudgeUnavailable, match="no time left"):
        ask(judge, Time(), seconds=0)

    assert judge.prompts == []


def test_a_useless_reply_is_asked_for_once_more_with_the_reason() -> None:
    judge = ScriptedJudge(["seven", "7"])

    assert ask(judge, Time()) == 7
    assert judge.prompts == ["U[]", "U[it must be a number]"]


def test_a_second_useless_reply_is_an_error() -> None:
    judge = ScriptedJudge(["seven", AWAY, "eight", "9"])

    with pytest.raises(JudgeReplyInvalid):
        ask(judge, Time())

    assert judge.prompts == ["U[]", *["U[it must be a number]"] * 2]


def test_a_refused_call_is_not_repeated() -> None:
    judge = ScriptedJudge([JudgeRefused("no such model")], otherwise="7")

    with pytest.raises(JudgeRefused):
        ask(judge, Time())

    assert len(judge.prompts) == 1
