"""Limits on the number of rows of a dataset."""

from __future__ import annotations

from dataclasses import dataclass

from rft.contracts.run_request import Split
from rft.datasets.split import Plan
from rft.errors import DatasetSizeOutOfBounds


@dataclass(frozen=True)
class Bounds:
    least: int
    most: int


BEDROCK = Bounds(least=100, most=20_000)
"""Bedrock User Guide: 100 to 20,000 training records."""

_GROUPED_MARGIN = 1.1
"""Tolerance: a grouped split meets its shares approximately."""


def most_rows(split: Split, bounds: Bounds) -> int:
    """With more rows than this, no split by these shares is within the bounds, so reading can stop."""
    return int(bounds.most / split.train * _GROUPED_MARGIN)


def too_many_records(counts: str, bounds: Bounds) -> DatasetSizeOutOfBounds:
    allowed = f"at most {bounds.most:,} training rows are allowed"
    return DatasetSizeOutOfBounds(f"{counts}; {allowed}: set dataset.max_samples, or lower dataset.split.train")


def check_row_count(rows: int, split: Split, bounds: Bounds) -> None:
    """Raises DatasetSizeOutOfBounds if there are more rows than any split by these shares allows."""
    most = most_rows(split, bounds)
    if rows > most:
        raise too_many_records(f"the dataset holds more than {most:,} records", bounds)


def check_size(plan: Plan, *, records: int, bad_records: int, bounds: Bounds) -> None:
    """Raises DatasetSizeOutOfBounds, with counts and remedy, if the numbers of rows are out of bounds."""
    train, validation = len(plan["train"]), len(plan["validation"])
    bad = f" ({bad_records} of them bad)" if bad_records else ""
    counts = f"{records} records{bad} give {train} training and {validation} validation rows"
    if train > bounds.most:
        raise too_many_records(counts, bounds)
    if train < bounds.least:
        needed = f"min {bounds.least} training rows are needed"
        share = ", or raise dataset.split.train" if records - bad_records > bounds.least else ""
        raise DatasetSizeOutOfBounds(f"{counts}; {needed}: add records{share}")
    if validation == 0:
        raise DatasetSizeOutOfBounds(
            f"{counts}; min 1 validation row is needed: raise dataset.split.validation, or add records with "
            "other prompts, as a grouped split keeps equal prompts together"
        )
