"""A run polled to its end, however long the API is away meanwhile; every silence is noted."""

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
"""With the longest pause between them: an hour."""
SILENCE_SECONDS = 4.0
"""A new process of the API answers within a second or two."""
MAX_PAUSE_SECONDS = 30.0

Pause = Callable[[float], None]
Note = Callable[[str], None]
"""Shows a line of plain text about the polling itself."""


def poll_run(
    client: ApiClient, run_id: str, *, interval: float, note: Note, pause: Pause = time.sleep
) -> Iterator[dict[str, Any]]:
    """The run's view every `interval` seconds until it has ended.

    The first request fails at once; later ones are retried while the error is transient. Raises ApiError.
    """
    view = client.run(run_id)
    while True:
        yield view
        if view["status"] in TERMINAL:
            return
        pause(interval)
        view = _run_with_retries(client, run_id, interval, pause, note)


def _run_with_retries(client: ApiClient, run_id: str, interval: float, pause: Pause, note: Note) -> dict[str, Any]:
    """The run's view, however long the API is away; each failed attempt is noted, and so is the API's return."""
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
    """The response; after `seconds` without one, a note says that it is still pending."""
    timer = threading.Timer(seconds, note, [f"No answer from the API for {seconds:g} s; still waiting"])
    timer.daemon = True
    timer.start()
    try:
        return request()
    finally:
        timer.cancel()
