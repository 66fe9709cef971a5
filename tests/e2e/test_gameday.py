"""`make gameday`: hundreds of runs under a quota of two jobs, faults of every service, an update in the middle."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from emulator import Emulator
from emulator.bedrock import converse
from tests.e2e.event_log import EventLog, stages_of_runs
from tests.e2e.gameday import (
    ENDED_BY_A_FAULT,
    FailingJudge,
    check_ledger,
    check_wave,
    measured_run,
    options,
    spend,
    waves,
)
from tests.kit.reports import GAME_DAY, leave
from tests.kit.stack_harness import StackHarness

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

RUNS = int(os.environ.get("RFT_GAMEDAY_RUNS", "12"))
MAX_MINUTES = 45
"""On two cores, for 500 runs."""

SERVICES = {"bedrock", "dynamodb", "events", "lambda", "s3", "sns", "states"}
ALL_FAULTS = 350
"""Runs by which faults of each service were injected: those of the topic, which end a run, are the last."""


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> FailingJudge:
    failing = FailingJudge()
    monkeypatch.setattr(converse, "stand_in_reply", failing)
    return failing


@pytest.fixture
def bench(judge: FailingJudge) -> Iterator[StackHarness]:
    with Emulator.start(options()) as aws:
        yield StackHarness(aws)


def test_nothing_is_lost_doubled_or_orphaned_on_a_busy_day(bench: StackHarness, judge: FailingJudge) -> None:
    started, log, days_waves = time.monotonic(), EventLog(bench), list(waves(RUNS))
    fired = 0
    for number, wave in enumerate(days_waves):
        seen = spend(bench, wave, update=number == len(days_waves) // 2)
        check_wave(bench, wave, seen)
        measured = measured_run(bench, f"measured{number:02}")
        assert (measured.status, measured.view["evaluation"]["status"]) == ("COMPLETED", "completed")
        fired += sum(each.fired for each in seen.values())
        log.receive()
    check_ledger(bench, RUNS + len(days_waves))
    stages = stages_of_runs(bench)
    events = log.check(stages)
    minutes = (time.monotonic() - started) / 60
    leave(
        GAME_DAY,
        f"{len(stages)} runs, {events} events, {fired} faults fired, {judge.failed} of {judge.calls} judge calls "
        f"failed: {minutes:.1f} min\n",
    )
    assert judge.failed > 0
    assert len(bench.aws.messages()) == len(range(0, RUNS, ENDED_BY_A_FAULT))
    if RUNS >= ALL_FAULTS:
        assert {fault.service for fault in bench.aws.faults.injected()} >= SERVICES
    assert minutes < MAX_MINUTES
