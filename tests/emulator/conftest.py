from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from rft.contracts.dataset import DatasetRow
from rft_cli.graders.local_rows import known_task, local_rows
from tests.kit.project import ROOT, SMALL_STACK


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    """A new emulator of the small stack per test module, because only one can run per process."""
    options = EmulatorOptions(template=SMALL_STACK, stack_name="small", speed=600, training_seconds=0.3, max_steps=4)
    with Emulator.start(options) as running:
        yield running


@pytest.fixture(scope="module")
def rows() -> list[DatasetRow]:
    return local_rows(ROOT / "examples/pandalm/comparisons.json", known_task("pandalm")).rows
