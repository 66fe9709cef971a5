"""Ended runs on their way to a tracking server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rft.contracts.outbound.tracked_run import TrackedRun


class RunTracker(Protocol):
    """A tracking server."""

    def track(self, run: TrackedRun, files: Mapping[str, bytes]) -> str:
        """Write the run, or write it again; its id there. `files` become its artefacts, by name.

        Raises TrackingRefused, RetryableServiceError and RetryableThrottling.
        """
        ...
