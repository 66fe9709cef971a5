"""Reads a dataset, makes rows of it, splits them, and writes files and a manifest that say what was done."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rft.contracts.dataset import Manifest, Source, SplitFile, SplitName
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import DatasetRequest, RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.bounds import check_size, most_rows
from rft.datasets.load import Loaded, load_rows
from rft.datasets.manifest import dataset_digest, prepared, summary
from rft.datasets.recommend import recommend
from rft.datasets.records import SourceBytes, read_records
from rft.datasets.split import Plan, plan_split
from rft.datasets.spool import RowSpool
from rft.datasets.tokens import token_statistics
from rft.datasets.write import describe, write_rows
from rft.errors import DatasetInvalid
from rft.observability import logger
from rft.ports import DatasetSource, Ledger, ObjectStore, Tokenizer
from rft.tasks import task as task_named
from rft.tasks.base import Task


def prepare_dataset(
    *,
    run_id: str,
    request: RunRequest,
    source: DatasetSource,
    store: ObjectStore,
    tokenizer: Tokenizer,
    ledger: Ledger,
) -> PreparedDataset:
    """Write `runs/<run_id>/dataset/`; the same request over the same bytes writes the same bytes.

    The manifest is written last: where it is, all files are. Raises InvalidRequest (dataset.task, dataset.uri),
    DatasetNotFound, DatasetInvalid, DatasetSizeOutOfBounds, RunNotFound, TransitionRefused and the Retryable… errors.
    """
    ledger.transition(run_id, RunStatus.PREPARING)
    task = task_named(request.dataset.task)
    folder = store.uri(f"runs/{run_id}/dataset")
    with _scratch() as (scratch, rows), _listed_in_full(f"{folder}/bad_records.txt", store):
        content = _Content.read(request.dataset, task, run_id, source, RowSpool(rows))
        files = _Files(folder, store, tokenizer, scratch)
        manifest = _manifest(run_id, request, content, files)
    manifest_uri = f"{folder}/manifest.json"
    store.put_bytes(manifest_uri, manifest.model_dump_json(indent=2).encode())
    figures = summary(manifest, manifest_uri)
    ledger.update(run_id, {"dataset": figures, "hyperparameters": manifest.hyperparameters})
    logger().info("dataset prepared", extra={"rows": figures.rows, "bad_records": figures.bad_records})
    return prepared(manifest, manifest_uri)


@contextmanager
def _scratch() -> Iterator[tuple[Path, BinaryIO]]:
    """A folder and a file that are gone afterwards, come what may."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "rows.jsonl").open("w+b") as rows:
        yield Path(folder), rows


@contextmanager
def _listed_in_full(uri: str, store: ObjectStore) -> Iterator[None]:
    """An error shows the first bad records only: where there are more, keep the whole list beside the run."""
    try:
        yield
    except DatasetInvalid as error:
        if len(error.problems) <= error.SHOWN:
            raise
        store.put_bytes(uri, "".join(f"{problem}\n" for problem in error.problems).encode())
        raise DatasetInvalid(f"{error.summary}; the whole list is in {uri}", error.problems) from error


@dataclass(frozen=True)
class _Content:
    """A dataset's rows on disk, and the account of how they were read and are to be divided."""

    source: Source
    loaded: Loaded
    spool: RowSpool
    plan: Plan

    @classmethod
    def read(cls, wanted: DatasetRequest, task: Task, run_id: str, source: DatasetSource, spool: RowSpool) -> _Content:
        with source.open(wanted.uri) as opened:
            raw = SourceBytes(opened.stream)
            loaded = load_rows(
                read_records(raw),
                task=task,
                run_id=run_id,
                spool=spool,
                max_samples=wanted.max_samples,
                max_bad=wanted.max_bad_records,
                max_rows=most_rows(wanted.split),
            )
            raw.read_to_end()
        plan = plan_split(wanted.split, groups=spool.groups, labels=spool.labels, group_digests=spool.group_digests)
        check_size(plan, records=loaded.records, bad_records=len(loaded.bad))
        origin = Source(uri=wanted.uri, bytes=raw.bytes, digest=raw.digest, version=opened.version)
        return cls(source=origin, loaded=loaded, spool=spool, plan=plan)


class _Files:
    """Writes each split to a local file, uploads it, and removes it before the next one."""

    def __init__(self, folder: str, store: ObjectStore, tokenizer: Tokenizer, scratch: Path) -> None:
        self._folder, self._store, self._tokenizer, self._scratch = folder, store, tokenizer, scratch
        self.prompt_tokens = array("L")
        self.encoding = tokenizer.encoding

    def write(self, content: _Content) -> dict[SplitName, SplitFile]:
        return {name: self._write(name, numbers, content.spool) for name, numbers in content.plan.items()}

    def _write(self, name: SplitName, numbers: list[int], spool: RowSpool) -> SplitFile:
        path = self._scratch / f"{name}.jsonl"
        with path.open("wb") as file:
            written = write_rows(spool, numbers, file, self._tokenizer.count)
        uri = f"{self._folder}/{name}-{len(numbers)}.jsonl"
        self._store.put_file(uri, str(path))
        path.unlink()
        self.prompt_tokens.extend(written.prompt_tokens)
        return describe(written, uri, spool, numbers)


def _manifest(run_id: str, request: RunRequest, content: _Content, files: _Files) -> Manifest:
    """Write the files and say what was done."""
    entries = files.write(content)
    tokens = token_statistics(files.prompt_tokens, files.encoding)
    return Manifest(
        run_id=run_id,
        task=request.dataset.task,
        source=content.source,
        split=request.dataset.split,
        records=content.loaded.records,
        bad_records=tuple(content.loaded.bad),
        warnings=dict(sorted(content.loaded.warnings.items())),
        files=entries,
        digest=dataset_digest(entries),
        tokens=tokens,
        hyperparameters=recommend(
            prompt_tokens=files.prompt_tokens,
            p99=tokens.p99,
            train_rows=entries["train"].rows,
            preset=task_named(request.dataset.task).preset,
            asked=request.hyperparameters,
        ),
    )
