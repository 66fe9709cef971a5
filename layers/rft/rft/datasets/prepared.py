"""The part of a manifest needed by later steps. Pure, with few imports because most functions load it."""

from __future__ import annotations

from rft.contracts.dataset import Manifest
from rft.contracts.steps import PreparedDataset


def prepared(manifest: Manifest, manifest_uri: str) -> PreparedDataset:
    train, validation = manifest.files["train"], manifest.files["validation"]
    return PreparedDataset(
        manifest_uri=manifest_uri,
        digest=manifest.digest,
        train_uri=train.uri,
        validation_uri=validation.uri,
        train_rows=train.rows,
        validation_rows=validation.rows,
        hyperparameters=manifest.chosen_hyperparameters(),
    )
