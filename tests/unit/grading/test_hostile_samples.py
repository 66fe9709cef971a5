"""No sample can take the others' scores, time or process."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from rft.errors import SampleLimitExceeded
from rft.grading.batch import Deadline, grade_batch
from rft.rewards.components import Component
from rft.rewards.sample_limits import SampleLimits, fair_seconds
from tests.kit.hostile_samples import HOSTILE, sample
from tests.kit.project import ROOT

IN_512_MB = """
import json, re, time
from functools import partial
from rft.steps.graders.grade_composite import grade_composite
from rft.steps.graders.grade_extract import grade_extract
from rft.steps.graders.grade_format import grade_format
from tests.kit.hostile_samples import HARMLESS, HOSTILE, sample

graders = {"composite": partial(grade_composite, default={}), "extract": grade_extract, "format": grade_format}
told = {}
for kind, (grader, reference, answer) in HOSTILE.items():
    batch = [sample("hostile", reference, answer), sample("harmless", *HARMLESS[grader])]
    started = time.process_time()
    hostile, harmless = graders[grader](batch, seconds_left=60)
    told[kind] = [harmless.aggregate_reward_score, harmless.errored, hostile.aggregate_reward_score,
                  time.process_time() - started]
peak = re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())
print(json.dumps({"kinds": told, "megabytes": int(peak[1]) // 1024}))
"""


@pytest.fixture(scope="module")
def graded() -> Any:
    """Every hostile sample in a batch with a harmless one, in one process that began with nothing in its caches."""
    finished = subprocess.run(  # noqa: S603 - this interpreter, our own code
        [sys.executable, "-c", IN_512_MB], capture_output=True, text=True, check=True, timeout=100, cwd=ROOT
    )
    return json.loads(finished.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_sample_next_to_a_hostile_one_is_scored_within_two_seconds(kind: str, graded: Any) -> None:
    score, errored, hostile, seconds = graded["kinds"][kind]

    assert (score, errored, hostile) == (1, False, 0)
    assert seconds < 2


def test_the_process_stays_under_512_megabytes(graded: Any) -> None:
    assert graded["megabytes"] < 512


def test_a_sample_beyond_its_time_limit_is_stopped_anywhere() -> None:
    def grader(graded: Any) -> list[Component]:
        while graded.id == "hostile":
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001, S112  code that swallows what ends it
                continue
        return [Component("fine", 1, 1)]

    started = time.process_time()
    batch = [sample("hostile", {}, "x"), sample("harmless", {}, "x")]

    results = grade_batch(batch, grader=grader, deadline=Deadline(60))

    assert [result.aggregate_reward_score for result in results] == [0, 1]
    assert time.process_time() - started < 2


def test_a_sample_beyond_its_memory_limit_is_stopped() -> None:
    def grader(graded: Any) -> list[Component]:
        taken = bytearray(2**32 if graded.id == "hostile" else 1)
        return [Component("fine", float(len(taken)), 1)]

    results = grade_batch(
        [sample("hostile", {}, "x"), sample("harmless", {}, "x")], grader=grader, deadline=Deadline(9)
    )

    assert [result.errored for result in results] == [True, False]


def test_process_limits_are_restored_after_a_batch() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGPROF)

    def spin() -> None:
        while True:
            pass

    with SampleLimits.of_a_batch() as limits, pytest.raises(SampleLimitExceeded):
        limits.run(0.01, spin)

    assert (resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGPROF)) == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_time_is_shared_fairly_among_many_hostile_samples() -> None:
    remaining = 110.0
    for samples in range(1000, 0, -1):
        remaining -= fair_seconds(remaining, samples)

    assert remaining > -2
