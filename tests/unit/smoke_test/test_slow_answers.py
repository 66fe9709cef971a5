"""A long answer is slow if its text delays two calls; one delayed call is a cold start or a throttled judge."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rft.contracts.checks import CheckResult
from rft.ports.grading import GraderReply
from rft.smoke_test.attacks import LONG, LONG_CHARACTERS
from tests.kit.fake_smoke_test import FakeSmokeTest
from tests.kit.fakes.grader import CallableGrader, answer_of, honest

FAILED = 0.0
"""Seconds of a call that fails."""


class SlowGrader(CallableGrader):
    """An honest grader that reports `seconds(start of a long answer, number of its calls)`, and 0.1 s for others."""

    def __init__(self, seconds: Callable[[str, int], float]) -> None:
        super().__init__(honest)
        self.long: Counter[str] = Counter()
        self.texts: list[str] = []
        self._long_seconds = seconds

    def invoke(self, grader_arn: str, batch: Sequence[Mapping[str, Any]]) -> GraderReply:
        reply, text = super().invoke(grader_arn, batch), answer_of(batch[0])
        if len(batch) > 1 or len(text) < LONG_CHARACTERS:
            return dataclasses.replace(reply, seconds=0.1)
        start = text[:40]
        self.long[start] += 1
        self.texts.append(text)
        seconds = self._long_seconds(start, self.long[start])
        return dataclasses.replace(reply, seconds=seconds, error="it failed with" if seconds == FAILED else None)


def smoke_test(grader: SlowGrader) -> FakeSmokeTest:
    fake = FakeSmokeTest()
    fake.run(grader)
    return fake


def test_text_that_is_slow_twice_blocks() -> None:
    check = smoke_test(SlowGrader(lambda start, _: 6.0 if start.startswith("###") else 0.1)).check("slowness")
    assert check.result == CheckResult.BLOCK
    assert [part.name for part in check.parts] == ["slowness/markers"]


def test_text_that_is_slow_once_passes() -> None:
    grader = SlowGrader(lambda _, call: 6.0 if call == 1 else 0.1)
    assert smoke_test(grader).check("slowness").result == CheckResult.PASS
    assert set(grader.long.values()) == {2}


def test_the_second_call_has_a_text_that_no_cache_has() -> None:
    grader = SlowGrader(lambda *_: 6.0)
    assert smoke_test(grader).check("slowness").result == CheckResult.BLOCK
    assert len(set(grader.texts)) == len(grader.texts) == 2 * len(LONG)


def test_fast_text_is_sent_once() -> None:
    grader = SlowGrader(lambda *_: 0.1)
    assert smoke_test(grader).check("slowness").result == CheckResult.PASS
    assert set(grader.long.values()) == {1}


def test_a_failed_second_call_does_not_make_text_fast() -> None:
    def seconds(_: str, call: int) -> float:
        return 6.0 if call == 1 else FAILED

    assert smoke_test(SlowGrader(seconds)).check("slowness").result == CheckResult.BLOCK
