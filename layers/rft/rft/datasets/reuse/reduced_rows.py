"""Writes a training file without some rows, and builds its manifest. Takes ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from rft.contracts.dataset import DatasetRow, Manifest, Recommendation, SplitFile, split_uri
from rft.contracts.run_request import RunRequest
from rft.datasets.manifest import dataset_digest
from rft.datasets.recommend import recommend
from rft.datasets.results import dataset_folder
from rft.datasets.row_ends import JoinedRows, row_end
from rft.ports.storage import ObjectStore
from rft.tasks import task as task_named
from rft.tasks.base import row_group

BATCH_ROWS = 256

BY_ROWS = ("batchSize", "epochCount", "evalInterval")
"""Hyperparameters whose recommendation depends on the number of training rows."""


def without_rows(
    manifest: Manifest, train_uri: str, dropped: Collection[int], request: RunRequest, store: ObjectStore
) -> Manifest:
    """Writes a train file without these row numbers next to the one at `train_uri`, which is kept.

    Returns the manifest with the new file and the dataset's new digest, without writing it. Idempotent. Raises
    DatasetNotFound and the Retryable… errors.
    """
    file, identity = _written(manifest, train_uri, dropped, request, store)
    identities = {**manifest.identities, "train": identity}
    return manifest.model_copy(
        update={
            "files": {**manifest.files, "train": file},
            "identities": identities,
            "digest": dataset_digest(identities),
            "hyperparameters": {**manifest.hyperparameters, **_by_rows(manifest, file.rows, request)},
        }
    )


def _written(
    manifest: Manifest, train_uri: str, dropped: Collection[int], request: RunRequest, store: ObjectStore
) -> tuple[SplitFile, str]:
    """The new file's manifest entry, and its identity."""
    task, labels, groups = task_named(request.dataset.task), Counter[str](), set[str]()
    before = sum(1 for _ in store.lines(train_uri))
    rows = before - len(dropped)
    uri = split_uri(dataset_folder(manifest.run_id, store), "train", rows)
    store.put_stream(uri, _chunks(store.lines(train_uri), dropped))

    def count(_: int, body: bytes) -> None:
        row = DatasetRow.model_validate_json(body.removesuffix(b"}") + row_end(manifest.run_id, "train"))
        groups.add(row_group(task, row))
        if label := task.label(row):
            labels[label] += 1

    joined = JoinedRows(store.lines(uri), row_end(manifest.run_id, "train"), count)
    entry = SplitFile(
        uri=uri,
        rows=rows,
        groups=len(groups),
        bytes=joined.bytes,
        digest=joined.digest,
        labels=dict(sorted(labels.items())),
    )
    return entry, joined.identity


def _chunks(lines: Iterator[bytes], dropped: Collection[int]) -> Iterator[bytes]:
    chunk: list[bytes] = []
    for number, line in enumerate(lines):
        if number not in dropped:
            chunk.append(line + b"\n")
        if len(chunk) == BATCH_ROWS:
            yield b"".join(chunk)
            chunk.clear()
    yield b"".join(chunk)


def _by_rows(manifest: Manifest, rows: int, request: RunRequest) -> Mapping[str, Recommendation]:
    found = recommend(
        prompt_tokens=Counter({manifest.tokens.max: rows}),
        p99=manifest.tokens.p99,
        train_rows=rows,
        preset=task_named(request.dataset.task).preset,
        request=request.hyperparameters,
    )
    return {name: found[name] for name in BY_ROWS}
