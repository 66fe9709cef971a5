"""The part of a manifest that a run's steps need. Pure; light, as functions import it that read no rows."""

from __future__ import annotations

from rft.contracts.dataset import Manifest
from rft.contracts.steps import PreparedDataset


def prepared(manifest: Manifest, manifest_uri: str) -> PreparedDataset:
    """The part of a manifest for the next steps."""
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
