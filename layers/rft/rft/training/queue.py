"""Timing of a run that waits for the job quota. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from rft.contracts.ledger import QueuePlace, RunRecord

MIN_WAIT_SECONDS, MAX_WAIT_SECONDS = 60, 900
"""Minimum and maximum delay between attempts; 72 hours of them leave under 4,000 events in the history."""


def queue_place(record: RunRecord, now: datetime) -> QueuePlace:
    """The run's existing place, or a new one at the end."""
    return record.queue or QueuePlace(since=now, expires_at=now + timedelta(hours=record.request.max_queue_hours))


def wait_seconds(place: QueuePlace, now: datetime) -> int:
    """Half of the time waited so far: an exponential back-off with factor 1.5."""
    waited = (now - place.since).total_seconds()
    return int(min(MAX_WAIT_SECONDS, max(MIN_WAIT_SECONDS, waited / 2)))


def overdue(place: QueuePlace, now: datetime) -> bool:
    return now >= place.expires_at


def why_waiting(ahead: int, refusal: str) -> str:
    """The reason for the wait; `refusal` is Bedrock's error."""
    if ahead:
        return f"{ahead} {'run is' if ahead == 1 else 'runs are'} ahead in the queue for the quota of jobs"
    return f"it is first in the queue, and Bedrock starts no further job: {refusal}"
