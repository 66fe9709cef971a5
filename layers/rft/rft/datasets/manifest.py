"""Builds the manifest of a prepared dataset."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rft.contracts.dataset import Manifest, Source, SplitFile, SplitName
from rft.contracts.ledger import DatasetSummary
from rft.contracts.run_request import RunRequest
from rft.datasets.recommend import recommend
from rft.datasets.split import NAMES
from rft.datasets.tokens import token_statistics
from rft.tasks import task as task_named

if TYPE_CHECKING:  # avoids importing the record reader, which few steps need
    from rft.datasets.load import Loaded


def dataset_digest(identities: Mapping[SplitName, str]) -> str:
    """`sha256:<hex>` of the identities of train, validation and test, one per line: equal rows, equal digest."""
    digests = "".join(identities[name] + "\n" for name in NAMES)
    return f"sha256:{hashlib.sha256(digests.encode()).hexdigest()}"


def build_manifest(
    *,
    run_id: str,
    request: RunRequest,
    source: Source,
    loaded: Loaded,
    files: Mapping[SplitName, SplitFile],
    identities: Mapping[SplitName, str],
    encoding: str,
    shards: int,
) -> Manifest:
    """Builds the manifest of the written files. `encoding`: how tokens were counted."""
    tokens = token_statistics(loaded.prompt_tokens, encoding)
    return Manifest(
        run_id=run_id,
        task=request.dataset.task,
        source=source,
        split=request.dataset.split,
        records=loaded.records,
        bad_records=tuple(loaded.bad),
        warnings=dict(sorted(loaded.warnings.items())),
        files=dict(files),
        identities=dict(identities),
        digest=dataset_digest(identities),
        tokens=tokens,
        hyperparameters=recommend(
            prompt_tokens=loaded.prompt_tokens,
            p99=tokens.p99,
            train_rows=files["train"].rows,
            preset=task_named(request.dataset.task).preset,
            request=request.hyperparameters,
        ),
        shards=shards,
    )


def dataset_summary(manifest: Manifest, manifest_uri: str) -> DatasetSummary:
    labels = sum((Counter(file.labels) for file in manifest.files.values()), Counter[str]())
    return DatasetSummary(
        manifest_uri=manifest_uri,
        digest=manifest.digest,
        rows={name: file.rows for name, file in manifest.files.items()},
        groups={name: file.groups for name, file in manifest.files.items()},
        labels=dict(sorted(labels.items())),
        tokens=manifest.tokens,
        warnings=manifest.warnings,
        bad_records=len(manifest.bad_records),
        round=manifest.round,
    )
