from __future__ import annotations

import io
import re
import threading
from typing import Any

import pytest
from rich.console import Console

from rft.contracts.ledger import RunStatus
from rft_cli.client.api_client import ApiClient, ApiError
from rft_cli.commands.follow import (
    ATTEMPTS,
    MAX_PAUSE_SECONDS,
    SILENCE_SECONDS,
    _announcing_silence,
    follow_run,
    poll_run,
)
from tests.kit.fakes.api import CREDENTIALS, REGION, FakeApi, fake_api
from tests.kit.records import RUN_ID
from tests.kit.reward_curves import curve
from tests.kit.views import view

BUSY = (503, {"title": "AWS is busy; try again", "detail": "Send it again.", "status": 503})


@pytest.fixture
def pauses() -> list[float]:
    return []


def _client(api: FakeApi) -> ApiClient:
    return ApiClient(api.url, REGION, CREDENTIALS)


def flat_course(steps: int) -> dict[str, Any]:
    """Metrics of so many steps, each followed by a validation."""
    return curve([0.5] * steps, lambda _: 0.5, every=1).model_dump(mode="json")


def _statuses(api: FakeApi, pauses: list[float]) -> list[Any]:
    return [seen["status"] for seen in poll_run(_client(api), RUN_ID, interval=2, pause=pauses.append)]


def test_a_run_is_polled_until_it_has_ended(pauses: list[float]) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.PENDING)), (200, view(RunStatus.TRAINING)), (200, view(RunStatus.CANCELLED)))
        assert _statuses(api, pauses) == ["PENDING", "TRAINING", "CANCELLED"]
    assert pauses == [2, 2]


def test_an_unavailable_api_is_retried_with_longer_pauses_and_a_message(
    pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_api() as api:
        away = [BUSY, (500, b"<html>"), (429, {"message": "Too Many Requests"}), BUSY, BUSY]
        api.says((200, view(RunStatus.PENDING)), *away, (200, view(RunStatus.COMPLETED)))
        assert _statuses(api, pauses) == ["PENDING", "COMPLETED"]
    assert pauses == [2, 4, 8, 16, MAX_PAUSE_SECONDS, MAX_PAUSE_SECONDS]
    printed = capsys.readouterr().err
    assert f"retrying in 4 s (1 of {ATTEMPTS - 1})" in printed
    assert printed.endswith("The API answers again\n")


def test_polling_stops_after_the_last_attempt(pauses: list[float]) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.PENDING)), BUSY)
        with pytest.raises(ApiError, match="try again in a moment"):
            _statuses(api, pauses)
    assert len(pauses) == ATTEMPTS


def test_an_api_that_does_not_answer_is_named_while_it_is_awaited(capsys: pytest.CaptureFixture[str]) -> None:
    named = threading.Event()

    def request() -> dict[str, Any]:
        while "still waiting" not in capsys.readouterr().err:
            named.wait(0.005)
        return {"status": "TRAINING"}

    assert _announcing_silence(request, seconds=0.01) == {"status": "TRAINING"}
    assert SILENCE_SECONDS < 5


def test_an_answer_in_time_names_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _announcing_silence(dict, seconds=60)
    assert capsys.readouterr().err == ""
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert [timer for timer in timers if not timer.finished.is_set()] == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_not_retried(pauses: list[float], status: int) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.PENDING)), (status, {"message": "no"}))
        with pytest.raises(ApiError):
            _statuses(api, pauses)
    assert pauses == [2]


def test_an_error_of_the_first_request_is_not_retried(pauses: list[float]) -> None:
    with fake_api() as api:
        api.says(BUSY)
        with pytest.raises(ApiError):
            _statuses(api, pauses)
    assert pauses == []


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


def test_a_terminal_of_80_columns_gets_no_line_that_is_longer() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None, legacy_windows=False)
    with fake_api() as api:
        api.says((200, view(RunStatus.TRAINING, metrics=flat_course(199))), (200, view(RunStatus.COMPLETED)))
        follow_run(_client(api), RUN_ID, console, interval=1, pause=lambda _: None)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).replace("\r", "\n").splitlines()
    assert max(map(len, lines)) <= 80
    assert any("step 199/" in line or "step 199 · reward" in line for line in lines)
