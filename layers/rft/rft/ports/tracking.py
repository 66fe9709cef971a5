"""Port to an experiment tracking server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rft.contracts.outbound.tracked_run import TrackedRun


class RunTracker(Protocol):
    def track(self, run: TrackedRun, files: Mapping[str, bytes]) -> str:
        """Creates or updates the run and returns its id on the server. `files` become its artifacts, by name.

        Raises TrackingRefused, RetryableServiceError and RetryableThrottling.
        """
        ...
