"""Results of preparing a dataset, in one function or in parts: a list of errors, or a manifest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rft.contracts.dataset import Manifest
from rft.contracts.run_request import Mode, RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.manifest import dataset_summary
from rft.datasets.prepared import prepared
from rft.datasets.reuse.pilot_rows import PILOT_HYPERPARAMETERS, pilot_dataset
from rft.errors import DatasetInvalid
from rft.observability import logger
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore


def dataset_folder(run_id: str, store: ObjectStore) -> str:
    return store.uri(f"runs/{run_id}/dataset")


@contextmanager
def bad_records_saved(run_id: str, store: ObjectStore) -> Iterator[None]:
    """Writes the full list of bad records to the run's files if an error shows only the first ones."""
    try:
        yield
    except DatasetInvalid as error:
        if len(error.problems) <= error.SHOWN:
            raise
        uri = f"{dataset_folder(run_id, store)}/bad_records.txt"
        store.put_bytes(uri, "".join(f"{problem}\n" for problem in error.problems).encode())
        raise DatasetInvalid(f"{error.summary}; the whole list is in {uri}", error.problems) from error


def save_manifest(manifest: Manifest, request: RunRequest, *, store: ObjectStore, ledger: Ledger) -> PreparedDataset:
    """Writes the manifest after all other files, and its figures to the run's record.

    Returns the job's dataset: all rows, or a pilot's sample. Raises RunNotFound, TransitionRefused, Retryable….
    """
    manifest_uri = f"{dataset_folder(manifest.run_id, store)}/manifest.json"
    store.put_bytes(manifest_uri, manifest.model_dump_json(indent=2).encode())
    figures = dataset_summary(manifest, manifest_uri)
    pilot = request.mode is Mode.PILOT
    hyperparameters = {**manifest.hyperparameters, **(PILOT_HYPERPARAMETERS if pilot else {})}
    ledger.update(manifest.run_id, {"dataset": figures, "hyperparameters": hyperparameters})
    extra = {"rows": figures.rows, "bad_records": figures.bad_records, "shards": manifest.shards}
    logger().info("dataset prepared", extra=extra)
    whole = prepared(manifest, manifest_uri)
    return pilot_dataset(whole, request, store) if pilot else whole
