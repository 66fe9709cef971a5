from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from tests.e2e.runs import Bench


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """The project's own stack, with jobs of about a second."""
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3)) as aws:
        yield Bench(aws)


@pytest.fixture(autouse=True)
def _no_faults_left(bench: Bench) -> Iterator[None]:
    yield
    bench.aws.faults.clear()
