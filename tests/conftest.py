"""For all tests: a slow machine is not a wrong answer, and nothing but loopback is reached (see pyproject.toml)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.kit.reports import FAULT_MATRIX, GAME_DAY, SOAK
from tests.kit.rights import recorded

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"  # botocore looks for credentials on the network where it finds none

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # As shells leave it to what they start in the background; what tests start would inherit it, and never end.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("gate", deadline=None, derandomize=True)  # the same code gets the same answer twice
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("gate")

STARTED = time.time()


@pytest.fixture(scope="session", autouse=True)
def _rights_recorded() -> Iterator[None]:
    with recorded():
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows the reports that were written, by whichever process."""
    for report in (FAULT_MATRIX, SOAK, GAME_DAY):
        if report.exists() and report.stat().st_mtime > STARTED:
            terminalreporter.section(report.stem)
            terminalreporter.write(report.read_text())
