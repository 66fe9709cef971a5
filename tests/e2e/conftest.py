from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from tests.kit.stack_harness import StackHarness, foreign_graders

FOREIGN = foreign_graders("constant", "raising", "timing_out")
UNTHROTTLED = {"ApiRateLimit": "1000", "ApiBurstLimit": "2000"}
"""The template's maximum: generated requests come faster than people's."""


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    """The project's own stack, with jobs of about a second."""
    with Emulator.start(
        EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, parameters=FOREIGN | UNTHROTTLED)
    ) as aws:
        yield StackHarness(aws)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: StackHarness) -> Iterator[None]:
    yield
    bench.aws.faults.clear()
