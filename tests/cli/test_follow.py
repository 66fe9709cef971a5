from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from rft.contracts.ledger import RunStatus
from rft_cli.commands.follow import follow_run
from rft_client.api_client import ApiClient
from tests.kit.fakes.api import CREDENTIALS, REGION, FakeApi, fake_api
from tests.kit.records import RUN_ID
from tests.kit.reward_curves import curve
from tests.kit.views import view

BUSY = (503, {"title": "AWS is temporarily unavailable; retry later", "detail": "Send it again.", "status": 503})


@pytest.fixture
def pauses() -> list[float]:
    return []


def _client(api: FakeApi) -> ApiClient:
    return ApiClient.signed(api.url, REGION, CREDENTIALS)


def flat_course(steps: int) -> dict[str, Any]:
    """Metrics of `steps` steps, each followed by a validation."""
    return curve([0.5] * steps, lambda _: 0.5, every=1).model_dump(mode="json")


def test_each_validation_is_printed_once_and_the_end_last() -> None:
    out = io.StringIO()
    with fake_api() as api:
        seen = [(200, view(RunStatus.TRAINING, metrics=flat_course(steps))) for steps in (0, 1, 1)]
        api.says(*seen, (200, view(RunStatus.COMPLETED, metrics=flat_course(2))))
        last = follow_run(_client(api), RUN_ID, Console(file=out), interval=1, pause=lambda _: None)
    lines = out.getvalue().splitlines()
    assert last["status"] == "COMPLETED"
    assert [line.split()[1] for line in lines if "validation 0.500" in line] == ["1", "2"]
    assert lines[-1] == "12:00:05  COMPLETED"


def test_no_line_is_wider_than_an_80_column_terminal() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None, legacy_windows=False)
    with fake_api() as api:
        api.says((200, view(RunStatus.TRAINING, metrics=flat_course(199))), (200, view(RunStatus.COMPLETED)))
        follow_run(_client(api), RUN_ID, console, interval=1, pause=lambda _: None)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).replace("\r", "\n").splitlines()
    assert max(map(len, lines)) <= 80
    assert any("step 199/" in line or "step 199 · reward" in line for line in lines)
