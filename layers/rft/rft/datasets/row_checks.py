"""Checks a prepared dataset's rows, stores the results, and rejects unfit datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rft.contracts.checks import Check
from rft.contracts.dataset import Manifest, SplitName
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.checks import RowFigures, blocks, check_rows
from rft.datasets.profile import DatasetProfile, profile_rows
from rft.datasets.results import save_manifest
from rft.datasets.split import Plan
from rft.datasets.spool import RowSpool
from rft.errors import DatasetInvalid
from rft.ports.datasets import Workers
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore


def profile_splits(plan: Plan, spool: RowSpool, workers: Workers) -> DatasetProfile:
    """Profiles a plan's rows, or a sample of them, from the spool."""
    rows = {name: len(numbers) for name, numbers in plan.items()}

    def body(split: SplitName, at: int) -> bytes:
        return spool.bodies([plan[split][at]])[0] + b"}"

    return profile_rows(rows, body, workers.map)


def save_prepared(
    manifest: Manifest,
    request: RunRequest,
    *,
    shared_rows: int,
    prompt_tokens: Mapping[int, int],
    profile: DatasetProfile,
    more: Sequence[Check],
    store: ObjectStore,
    ledger: Ledger,
) -> PreparedDataset:
    """Writes `dataset/checks.json` and its summary to the record, and the manifest if no check blocks.

    Raises DatasetInvalid if one blocks, RunNotFound, TransitionRefused and the Retryable… errors.
    """
    figures = RowFigures(
        split=manifest.split,
        rows={name: file.rows for name, file in manifest.files.items()},
        shared_rows=shared_rows,
        labels=sum((Counter(file.labels) for file in manifest.files.values()), Counter[str]()),
        prompt_tokens=prompt_tokens,
        max_prompt_length=int(manifest.hyperparameters["maxPromptLength"].value),
    )
    found = check_rows(manifest.run_id, figures, profile, more)
    uri = store.uri(f"runs/{manifest.run_id}/dataset/checks.json")
    store.put_bytes(uri, found.model_dump_json(indent=2).encode())
    ledger.update(manifest.run_id, {"dataset_checks": tuple(check.short() for check in found.checks)})
    if why := blocks(found):
        raise DatasetInvalid("the dataset is not fit for training", why)
    return save_manifest(manifest, request, store=store, ledger=ledger)
