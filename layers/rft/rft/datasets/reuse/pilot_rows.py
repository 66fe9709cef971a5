"""Rows and hyperparameters of a pilot: a sample of the prepared rows, in few steps. Takes ports."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Literal

from rft.contracts.dataset import Recommendation, split_uri
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.ports.storage import ObjectStore

VALIDATION_SHARE = 0.5
"""Maximum validation rows per training row of a pilot: every pass answers all of them."""

PILOT_HYPERPARAMETERS: Mapping[str, Recommendation] = {
    "batchSize": Recommendation(value=16, source="pilot", reason="Bedrock's smallest batch gives the most steps"),
    "epochCount": Recommendation(value=1, source="pilot", reason="a pilot takes few steps"),
    "evalInterval": Recommendation(value=5, source="pilot", reason="a pilot has few steps to validate after"),
}
"""Hyperparameters that a pilot overrides, because its request is the full run's."""


def pilot_dataset(prepared: PreparedDataset, request: RunRequest, store: ObjectStore) -> PreparedDataset:
    """A sample of the rows, written next to them, and hyperparameters for few steps."""
    train = min(request.pilot.rows, prepared.train_rows)
    validation = min(int(train * VALIDATION_SHARE), prepared.validation_rows)
    seed = request.dataset.split.seed
    few_steps = {name: each.value for name, each in PILOT_HYPERPARAMETERS.items()}
    return prepared.model_copy(
        update={
            "train_uri": _sampled(prepared, "train", train, seed, store),
            "validation_uri": _sampled(prepared, "validation", validation, seed, store),
            "train_rows": train,
            "validation_rows": validation,
            "hyperparameters": prepared.hyperparameters.model_copy(update=few_steps),
        }
    )


def _sampled(
    prepared: PreparedDataset, split: Literal["train", "validation"], size: int, seed: int, store: ObjectStore
) -> str:
    """Writes `size` rows of a split in file order and returns their URI; deterministic."""
    train = (prepared.train_uri, prepared.train_rows)
    source, rows = train if split == "train" else (prepared.validation_uri, prepared.validation_rows)
    uri = split_uri(prepared.manifest_uri.rpartition("/")[0], f"pilot-{split}", size)
    positions = frozenset(random.Random(f"{seed}:{split}").sample(range(rows), size))  # noqa: S311 - no secret
    chosen = (line + b"\n" for position, line in enumerate(store.lines(source)) if position in positions)
    store.put_stream(uri, chosen)
    return uri
