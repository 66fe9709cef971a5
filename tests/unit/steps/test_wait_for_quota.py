from __future__ import annotations

import pytest

from rft.contracts.ledger import RunStatus
from rft.errors import AlreadyWoken
from rft.steps.wait_for_quota import wait_for_quota
from tests.kit.fake_run import FakeRun
from tests.kit.records import RUN_ID


def test_a_wait_stores_its_token() -> None:
    ledger = FakeRun(RunStatus.STARTING).ledger
    assert wait_for_quota(run_id=RUN_ID, task_token="token", waits=ledger).run_id == RUN_ID
    assert ledger.wake(RUN_ID) == "token"


def test_a_wait_whose_event_came_first_does_not_begin() -> None:
    ledger = FakeRun(RunStatus.STARTING).ledger
    ledger.wake(RUN_ID)
    with pytest.raises(AlreadyWoken, match=RUN_ID):
        wait_for_quota(run_id=RUN_ID, task_token="token", waits=ledger)
    wait_for_quota(run_id=RUN_ID, task_token="token", waits=ledger)
