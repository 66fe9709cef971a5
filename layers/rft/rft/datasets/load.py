"""Reads a dataset into a spool of rows and records the unusable records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from rft.contracts.dataset import RejectedRecord, Source
from rft.contracts.run_request import DatasetRequest, Split
from rft.datasets.bounds import Bounds, check_row_count
from rft.datasets.records import RawRecord, SourceBytes, read_records
from rft.datasets.render import Rendered
from rft.datasets.spool import RowIndex
from rft.errors import DatasetInvalid
from rft.ports.datasets import OpenSource

BATCH_RECORDS = 128
"""Records per batch: large enough to amortise the transfer, small enough to stop early on too many bad records."""

MAX_PROBLEMS = 1000
"""Maximum bad records to report beyond those allowed; such a file is not in the task's format."""

Render = Callable[[Iterable[list[RawRecord]]], Iterator[Rendered]]
"""Renders batches in order."""


@dataclass
class Loaded:
    """Result of reading.

    `records` counts all records, `warnings` the accepted ones with a warning, by kind. `prompt_tokens` counts rows by
    prompt length.
    """

    records: int = 0
    bad: list[RejectedRecord] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    prompt_tokens: Counter[int] = field(default_factory=Counter)

    def add(self, rendered: Rendered) -> None:
        self.records += rendered.records
        self.bad += rendered.bad
        self.warnings.update(rendered.warnings)
        self.prompt_tokens.update(rendered.prompt_tokens)


def load_source(
    opened: OpenSource, dataset: DatasetRequest, *, render: Render, rows: RowIndex, bounds: Bounds
) -> tuple[Source, Loaded]:
    """Reads a request's whole file into `rows`; size and digest of the source cover all its bytes.

    Raises as `load_rows` and `check_bad_records` do.
    """
    raw = SourceBytes(opened.stream)
    loaded = load_rows(
        read_records(raw),
        render=render,
        rows=rows,
        max_samples=dataset.max_samples,
        max_bad=dataset.max_bad_records,
        split=dataset.split,
        bounds=bounds,
    )
    check_bad_records(loaded, dataset.max_bad_records)
    raw.read_to_end()
    return Source(uri=dataset.uri, bytes=raw.bytes, digest=raw.digest, version=opened.version), loaded


def load_rows(
    records: Iterable[RawRecord],
    *,
    render: Render,
    rows: RowIndex,
    max_samples: int | None,
    max_bad: int,
    split: Split,
    bounds: Bounds,
) -> Loaded:
    """Reads up to `max_samples` records into `rows`; stops early if far more than `max_bad` are bad.

    Raises DatasetInvalid if the file is truncated, and DatasetSizeOutOfBounds as soon as there are more good records
    than any split inside the bounds could hold.
    """
    loaded = Loaded()
    batches = _Batches(islice(records, max_samples))
    for rendered in render(batches):
        loaded.add(rendered)
        rows.add(rendered)
        if len(loaded.bad) > max_bad + MAX_PROBLEMS:
            break
        check_row_count(len(rows), split, bounds)
    if batches.broken:
        raise DatasetInvalid(str(batches.broken), problems(loaded.bad)) from batches.broken
    return loaded


def check_bad_records(loaded: Loaded, max_bad: int) -> None:
    """Raises DatasetInvalid, listing every bad record by position, if there are more than `max_bad`."""
    if len(loaded.bad) > max_bad:
        raise DatasetInvalid(_summary(loaded, max_bad), problems(loaded.bad))


def problems(bad: Iterable[RejectedRecord]) -> list[str]:
    return [f"record {each.position}{f' on line {each.line}' if each.line else ''}: {each.reason}" for each in bad]


class _Batches:
    """Batches of records.

    They end where the file is truncated, so that earlier records are still rendered and reported.
    """

    def __init__(self, records: Iterator[RawRecord]) -> None:
        self._records = records
        self.broken: DatasetInvalid | None = None

    def __iter__(self) -> Iterator[list[RawRecord]]:
        while batch := self._batch():
            yield batch

    def _batch(self) -> list[RawRecord]:
        batch: list[RawRecord] = []
        try:
            batch.extend(islice(self._records, BATCH_RECORDS))
        except DatasetInvalid as error:
            self.broken = error
        return batch


def _summary(loaded: Loaded, max_bad: int) -> str:
    stopped = "" if len(loaded.bad) <= max_bad + MAX_PROBLEMS else " (reading stopped there)"
    return (
        f"{len(loaded.bad)} of {loaded.records} records{stopped} cannot be used, and dataset.max_bad_records allows "
        f"{max_bad}: fix these records, or raise max_bad_records to skip them"
    )
