"""A stack whose every run needs approval within a short time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from rft_client.errors import ApiError
from tests.e2e.stages import SMALL, wait_for
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

DAYS = "0.01"
"""864 seconds, which the emulator passes in 4."""


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    options = EmulatorOptions(speed=216, parameters={"RequireApproval": "true", "ApprovalDays": DAYS})
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


def test_an_unanswered_approval_request_cancels_the_run(bench: StackHarness) -> None:
    run_id = bench.start("unanswered", **SMALL)
    waiting = wait_for(bench, run_id, "AWAITING_APPROVAL")
    assert waiting["approval"]["reasons"] == ["this stack requires it"]
    view = wait_for(bench, run_id, "CANCELLED")
    assert (view["failure"]["error"], view["failure"]["stage"]) == ("ApprovalExpired", "AWAITING_APPROVAL")
    assert DAYS in view["failure"]["cause"]
    assert bench.jobs(run_id) == []
    eventually(lambda: len(bench.messages(run_id)) == 2, "the question and the outcome")
    with pytest.raises(ApiError) as late:
        bench.client.approve(run_id, approved=True, by="Ada", comment="")
    assert late.value.status == 409


def test_a_preflight_run_needs_no_approval(bench: StackHarness) -> None:
    run_id = bench.start("no-question", **SMALL, mode="preflight")
    assert wait_for(bench, run_id, "COMPLETED")["approval"] is None
