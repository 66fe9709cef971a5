"""A run's rollouts, read lazily from the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from rft.contracts.telemetry import Rollout
from rft_client.answers import typed
from rft_client.api_client import ApiClient
from rft_client.errors import RftClientError

if TYPE_CHECKING:
    import pandas

COLUMNS = tuple(name for name in Rollout.model_fields if name not in {"schema_version", "components", "judge"})
"""Fixed columns of a data frame, in addition to `component.<name>` and `judge.<field>`."""


@dataclass(frozen=True)
class Rollouts:
    """Rollouts that match the filters, in grading order. Each iteration reads them again. Raises ApiError."""

    api: ApiClient
    run_id: str
    filters: Mapping[str, str]
    limit: int | None = None

    def __iter__(self) -> Iterator[Rollout]:
        for rollout in self.api.rollouts(self.run_id, self.filters, limit=self.limit):
            yield typed(Rollout, rollout)

    def first(self, count: int) -> list[Rollout]:
        """The first `count` of them."""
        return list(islice(self, count))

    def to_pandas(self) -> pandas.DataFrame:
        """One row per rollout; components and judge usage are columns `component.<name>` and `judge.<field>`.

        Raises RftClientError if pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415  slow to import (0.5 s), and only in the extra `pandas`
        except ImportError as error:
            raise RftClientError("Data frames need pandas: pip install pandas") from error
        frame = pd.DataFrame.from_records([_row(rollout) for rollout in self])
        frame = frame.reindex(columns=[*COLUMNS, *(name for name in frame.columns if name not in COLUMNS)])
        return frame.astype({"score": float}).assign(at=pd.to_datetime(frame["at"], utc=True))


def _row(rollout: Rollout) -> dict[str, Any]:
    row = {name: getattr(rollout, name) for name in COLUMNS}
    judge = rollout.judge.model_dump() if rollout.judge else {}
    return {
        **row,
        **{f"component.{name}": value for name, value in rollout.components.items()},
        **{f"judge.{name}": value for name, value in judge.items()},
    }
