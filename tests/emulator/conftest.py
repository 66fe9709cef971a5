from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from tests.kit.project import SMALL_STACK


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    """The small stack, fresh for each test module: a process holds one emulator at a time."""
    options = EmulatorOptions(template=SMALL_STACK, stack_name="small", speed=600, training_seconds=0.3, max_steps=4)
    with Emulator.start(options) as running:
        yield running
