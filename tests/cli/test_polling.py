"""A run polled to its end, through an API that is away for a while."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft_client.api_client import ApiClient
from rft_client.errors import ApiError
from rft_client.polling import ATTEMPTS, MAX_PAUSE_SECONDS, SILENCE_SECONDS, announcing_silence, poll_run
from tests.kit.fakes.api import CREDENTIALS, REGION, FakeApi, fake_api
from tests.kit.records import RUN_ID
from tests.kit.views import view

BUSY = (503, {"title": "AWS is temporarily unavailable; retry later", "detail": "Send it again.", "status": 503})


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def notes() -> list[str]:
    return []


def _statuses(api: FakeApi, pauses: list[float], notes: list[str] | None = None) -> list[Any]:
    client = ApiClient.signed(api.url, REGION, CREDENTIALS)
    noted: list[str] = [] if notes is None else notes
    return [seen["status"] for seen in poll_run(client, RUN_ID, interval=2, note=noted.append, pause=pauses.append)]


def test_a_run_is_polled_until_it_has_ended(pauses: list[float]) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.PENDING)), (200, view(RunStatus.TRAINING)), (200, view(RunStatus.CANCELLED)))
        assert _statuses(api, pauses) == ["PENDING", "TRAINING", "CANCELLED"]
    assert pauses == [2, 2]


def test_an_unavailable_api_is_retried_with_longer_pauses_and_a_note(pauses: list[float], notes: list[str]) -> None:
    with fake_api() as api:
        away = [BUSY, (500, b"<html>"), (429, {"message": "Too Many Requests"}), BUSY, BUSY]
        api.says((200, view(RunStatus.PENDING)), *away, (200, view(RunStatus.COMPLETED)))
        assert _statuses(api, pauses, notes) == ["PENDING", "COMPLETED"]
    assert pauses == [2, 4, 8, 16, MAX_PAUSE_SECONDS, MAX_PAUSE_SECONDS]
    assert notes[0].endswith(f"retrying in 4 s (1 of {ATTEMPTS - 1})")
    assert notes[-1] == "The API answers again"


def test_polling_stops_after_the_last_attempt(pauses: list[float]) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.PENDING)), BUSY)
        with pytest.raises(ApiError, match="try again in a moment"):
            _statuses(api, pauses)
    assert len(pauses) == ATTEMPTS


def test_an_api_that_does_not_answer_is_named_while_it_is_awaited() -> None:
    named, notes = threading.Event(), []

    def note(line: str) -> None:
        notes.append(line)
        named.set()

    def request() -> dict[str, Any]:
        assert named.wait(10)
        return {"status": "TRAINING"}

    assert announcing_silence(request, note, seconds=0.01) == {"status": "TRAINING"}
    assert "still waiting" in notes[0]
    assert SILENCE_SECONDS < 5


def test_a_timely_response_prints_nothing(notes: list[str]) -> None:
    announcing_silence(dict, notes.append, seconds=60)
    assert notes == []
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
