"""Options of emulators with persistent state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from emulator import EmulatorOptions
from tests.kit.project import SMALL_STACK


def options(state: Path, **changes: Any) -> EmulatorOptions:
    usual = EmulatorOptions(template=SMALL_STACK, stack_name="small", speed=600, training_seconds=0.3, max_steps=4)
    return replace(usual, state=state, **changes)
