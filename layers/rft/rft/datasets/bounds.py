"""How many rows Bedrock takes."""

from __future__ import annotations

from rft.contracts.run_request import Split
from rft.datasets.split import Plan
from rft.errors import DatasetSizeOutOfBounds

LEAST_TRAINING_ROWS = 100
MOST_TRAINING_ROWS = 20_000
"""Bedrock User Guide: 100 to 20,000 training records."""

_GROUPED_MARGIN = 1.1
"""A grouped split hits its shares closely, not exactly."""


def most_rows(split: Split) -> int:
    """With more rows than this in all, no split by these shares stays inside the bounds: reading can stop."""
    return int(MOST_TRAINING_ROWS / split.train * _GROUPED_MARGIN)


def too_many_records(counts: str) -> DatasetSizeOutOfBounds:
    """The error for more than the allowed training rows; `counts` says what was found."""
    allowed = f"at most {MOST_TRAINING_ROWS:,} training rows are allowed"
    return DatasetSizeOutOfBounds(f"{counts}; {allowed}: set dataset.max_samples, or lower dataset.split.train")


def check_size(plan: Plan, *, records: int, bad_records: int) -> None:
    """Raises DatasetSizeOutOfBounds, with the counts and what to do, unless Bedrock takes so many rows."""
    train, validation = len(plan["train"]), len(plan["validation"])
    bad = f" ({bad_records} of them bad)" if bad_records else ""
    counts = f"{records} records{bad} give {train} training and {validation} validation rows"
    if train > MOST_TRAINING_ROWS:
        raise too_many_records(counts)
    if train < LEAST_TRAINING_ROWS:
        needed = f"at least {LEAST_TRAINING_ROWS} training rows are needed"
        raise DatasetSizeOutOfBounds(f"{counts}; {needed}: add records, or raise dataset.split.train")
    if validation == 0:
        raise DatasetSizeOutOfBounds(
            f"{counts}; at least one validation row is needed: raise dataset.split.validation, or add records with "
            "other prompts, as a grouped split keeps equal prompts together"
        )
