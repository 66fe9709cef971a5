"""Asks a judge until it gives an answer that can be used, or time is up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from rft.errors import JudgeReplyInvalid, JudgeUnavailable
from rft.ports import Judge
from rft.steps.grading import Deadline

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 4.0

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class PatientJudge:
    """A judge with a batch's deadline. Throttling and faults are waited out; a useless reply is asked for once more."""

    judge: Judge
    deadline: Deadline
    sleep: Callable[[float], None] = time.sleep

    def ask(self, *, system: str, user: Callable[[str], str], read: Callable[[str], Answer]) -> Answer:
        """What `read` makes of the judge's reply.

        `user` renders the request; its argument is '' at first, then why the first reply was no use.
        Raises JudgeUnavailable (no answer inside the deadline), JudgeReplyInvalid (twice), JudgeRefused (at once).
        """
        complaint, failures = "", 0
        while True:
            self._check_time()
            try:
                return read(self.judge.ask(system=system, user=user(complaint)).text)
            except JudgeReplyInvalid as error:
                if complaint:
                    raise
                complaint = str(error)
            except JudgeUnavailable:
                pause = _pause(failures)
                if pause >= self.deadline.remaining():
                    raise
                self.sleep(pause)
                failures += 1

    def _check_time(self) -> None:
        if self.deadline.remaining() <= 0:
            raise JudgeUnavailable("no time left to ask")


def _pause(failures: int) -> float:
    """Doubling, jittered by half so that calls that were throttled together do not return together."""
    longest = min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
    return longest * random.uniform(0.5, 1)  # noqa: S311  spreads load, guards nothing
