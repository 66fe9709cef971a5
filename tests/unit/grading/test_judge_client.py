from __future__ import annotations

from dataclasses import replace

import pytest

from rft.adapters.judge_cache import MemoryJudgeCache
from rft.errors import JudgeCircuitOpen, JudgeRefused, JudgeReplyInvalid, JudgeThrottled, JudgeUnavailable
from rft.grading.batch import Deadline
from rft.grading.circuit_breaker import CircuitBreaker
from rft.grading.judge_client import MAX_PAUSE_SECONDS, JudgeClient, Question, RetryingJudge, Usage
from rft.ports.grading import JudgeCache
from tests.kit.fakes.judge import ScriptedJudge

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
        user=lambda feedback: f"U[{feedback}]",
        read=number,
        schema={},
        parts={"part": part},
        prompt="sha256:0",
        fresh=fresh,
    )


def complete(judge: ScriptedJudge, time: Time, *, seconds: float = 60) -> int:
    patient = RetryingJudge(JudgeClient(judge), Deadline(seconds, time.monotonic), time.sleep)
    return patient.complete(question(), Usage())


def patience(
    judge: ScriptedJudge, *, seconds: float = 60, cache: JudgeCache | None = None
) -> tuple[RetryingJudge, Time]:
    time = Time()
    known = JudgeClient(judge, circuit=CircuitBreaker(time.monotonic), cache=cache)
    return RetryingJudge(known, Deadline(seconds, time.monotonic), time.sleep), time


def test_a_good_reply_takes_one_call_and_no_pause() -> None:
    judge, time = ScriptedJudge(["7"]), Time()

    assert complete(judge, time) == 7
    assert (judge.systems, judge.prompts, time.pauses) == (["S"], ["U[]"], [])


def test_throttling_is_retried_with_growing_jittered_pauses() -> None:
    judge, time = ScriptedJudge([AWAY] * 8, otherwise="7"), Time()

    assert complete(judge, time) == 7
    assert len(judge.prompts) == 9
    longest = [0.25, 0.5, 1, 2, 4, 4, 4, 4]
    assert all(most / 2 <= pause <= most for pause, most in zip(time.pauses, longest, strict=True))
    assert len(set(time.pauses)) == 8


def test_pauses_differ_between_calls_that_failed_together() -> None:
    times = [Time() for _ in range(20)]
    for time in times:
        complete(ScriptedJudge([AWAY], otherwise="7"), time)

    assert len({time.pauses[0] for time in times}) > 10


def test_retries_stop_before_the_deadline() -> None:
    judge, time = ScriptedJudge(otherwise=AWAY), Time()

    with pytest.raises(JudgeUnavailable, match="throttled"):
        complete(judge, time, seconds=30)

    assert 30 - MAX_PAUSE_SECONDS <= time.now < 30


def test_no_call_is_made_after_the_deadline() -> None:
    judge = ScriptedJudge()

    with pytest.raises(JudgeUnavailable, match="no time left"):
        complete(judge, Time(), seconds=0)

    assert judge.prompts == []


def test_an_invalid_reply_is_requested_once_more_with_the_reason() -> None:
    judge = ScriptedJudge(["seven", "7"])

    assert complete(judge, Time()) == 7
    assert judge.prompts == ["U[]", "U[it must be a number]"]


def test_a_second_invalid_reply_is_an_error() -> None:
    judge = ScriptedJudge(["seven", AWAY, "eight", "9"])

    with pytest.raises(JudgeReplyInvalid):
        complete(judge, Time())

    assert judge.prompts == ["U[]", *["U[it must be a number]"] * 2]


def test_a_refused_call_is_not_retried() -> None:
    judge = ScriptedJudge([JudgeRefused("no such model")], otherwise="7")

    with pytest.raises(JudgeRefused):
        complete(judge, Time())

    assert len(judge.prompts) == 1


def test_usage_of_a_judgment_is_counted_even_if_it_fails() -> None:
    patient, _ = patience(ScriptedJudge([JudgeThrottled("slow down"), AWAY, "seven", "eight"]))
    usage = Usage()

    with pytest.raises(JudgeReplyInvalid):
        patient.complete(question(), usage)

    assert usage == Usage(calls=4, retries=3, throttled=1, input_tokens=1400, output_tokens=80)
    assert {part.name: part.value for part in usage.components()} == {
        "judge_calls": 4,
        "judge_retries": 3,
        "judge_throttled": 1,
        "judge_input_tokens": 1400,
        "judge_output_tokens": 80,
    }


def test_an_answered_request_is_served_from_the_cache() -> None:
    judge = ScriptedJudge(["7", "8"])
    patient, _ = patience(judge, cache=MemoryJudgeCache())
    usage = Usage()

    answers = [patient.complete(question(part), usage) for part in ("P", "P", "Q", "P")]

    assert answers == [7, 7, 8, 7]
    assert (len(judge.prompts), usage.calls, usage.cache_hits) == (2, 2, 2)


def test_a_fresh_request_bypasses_the_cache() -> None:
    patient, _ = patience(ScriptedJudge(["7", "8"], otherwise="9"), cache=MemoryJudgeCache())

    answers = [patient.complete(question(fresh=fresh), Usage()) for fresh in (False, True, False)]

    assert answers == [7, 8, 7]


def test_the_cache_key_includes_prompt_and_judge() -> None:
    keys = {question(part).key(model) for part in ("P", "Q") for model in ("a", "b")}
    keys.add(replace(question("P"), prompt="sha256:1").key("a"))

    assert len(keys) == 5


def test_an_invalid_reply_is_not_cached_and_misses_if_stored() -> None:
    cache = MemoryJudgeCache()
    patient, _ = patience(ScriptedJudge(["seven", "eight", "7"]), cache=cache)
    with pytest.raises(JudgeReplyInvalid):
        patient.complete(question(), Usage())
    assert patient.complete(question(), Usage()) == 7

    cache.put(question("Q").key("scripted-judge"), "nonsense")
    assert patience(ScriptedJudge(["8"]), cache=cache)[0].complete(question("Q"), Usage()) == 8


def test_an_outage_is_retried_until_the_circuit_opens() -> None:
    judge = ScriptedJudge(otherwise=AWAY)
    patient, time = patience(judge, seconds=10_000)

    with pytest.raises(JudgeCircuitOpen):
        patient.complete(question(), Usage())
    before, waited = len(judge.prompts), time.now
    for part in "QRST":
        with pytest.raises(JudgeCircuitOpen):
            patient.complete(question(part), Usage())

    assert (len(judge.prompts), time.now) == (before, waited)
    assert waited < 120


def test_throttling_never_opens_the_circuit() -> None:
    judge = ScriptedJudge([JudgeThrottled("slow down")] * 200, otherwise="7")
    patient, _ = patience(judge, seconds=10_000)

    assert patient.complete(question(), Usage()) == 7
    assert patient.known.limit.now < 4
