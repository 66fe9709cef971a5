"""Polls a run until it has ended, with retries and notes while the API is unavailable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from rft.runs.status import TERMINAL
from rft_client.api_client import ApiClient
from rft_client.errors import ApiError
from rft_client.transport import TRANSIENT_STATUSES

INTERVAL_SECONDS = 2.0
ATTEMPTS = 120
"""Maximum attempts per poll; with the maximum pause between them, they take an hour."""
SILENCE_SECONDS = 4.0
"""Seconds without a response before a note; a cold start of the API takes one or two."""
MAX_PAUSE_SECONDS = 30.0

Pause = Callable[[float], None]
Note = Callable[[str], None]
"""Shows a line of plain text about the state of polling."""


def poll_run(
    client: ApiClient, run_id: str, *, interval: float, note: Note, pause: Pause = time.sleep
) -> Iterator[dict[str, Any]]:
    """Yields the run's view every `interval` seconds until the run has ended.

    The first request is not retried; later ones are retried after transient errors. Raises ApiError.
    """
    view = client.run(run_id)
    while True:
        yield view
        if view["status"] in TERMINAL:
            return
        pause(interval)
        view = _run_with_retries(client, run_id, interval, pause, note)


def _run_with_retries(client: ApiClient, run_id: str, interval: float, pause: Pause, note: Note) -> dict[str, Any]:
    """The run's view, with up to ATTEMPTS attempts; notes each failed attempt and the recovery."""
    for attempt in range(1, ATTEMPTS):
        try:
            view = announcing_silence(lambda: client.run(run_id), note)
        except ApiError as error:
            if error.status not in TRANSIENT_STATUSES:
                raise
            seconds = min(interval * 2**attempt, MAX_PAUSE_SECONDS)
            note(f"{error}; retrying in {seconds:.0f} s ({attempt} of {ATTEMPTS - 1})")
            pause(seconds)
        else:
            if attempt > 1:
                note("The API answers again")
            return view
    return client.run(run_id)


def announcing_silence(
    request: Callable[[], dict[str, Any]], note: Note, seconds: float = SILENCE_SECONDS
) -> dict[str, Any]:
    """Returns the response; notes a delay after `seconds` without one."""
    timer = threading.Timer(seconds, note, [f"No answer from the API for {seconds:g} s; still waiting"])
    timer.daemon = True
    timer.start()
    try:
        return request()
    finally:
        timer.cancel()
