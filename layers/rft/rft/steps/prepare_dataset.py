"""Reads a dataset, makes rows of it, splits them, and writes files and a manifest that say what was done."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rft.contracts.dataset import Manifest, Source, SplitFile, SplitName
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import DatasetRequest, RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.bounds import BEDROCK, Bounds, check_size
from rft.datasets.load import Loaded, Render, load_rows
from rft.datasets.manifest import dataset_digest, prepared, summary
from rft.datasets.recommend import recommend
from rft.datasets.records import SourceBytes, read_records
from rft.datasets.render import Renderer, row_end
from rft.datasets.split import Plan, count_groups, plan_split
from rft.datasets.spool import RowSpool
from rft.datasets.tokens import token_statistics
from rft.datasets.write import SplitRows
from rft.errors import DatasetInvalid
from rft.observability import logger
from rft.ports import DatasetSource, Ledger, ObjectStore, Tokenizer, Workers
from rft.steps.dataset_checks import keep_checks, surveyed
from rft.tasks import task as task_named


def prepare_dataset(
    *,
    run_id: str,
    request: RunRequest,
    source: DatasetSource,
    store: ObjectStore,
    tokenizer: Tokenizer,
    workers: Workers,
    ledger: Ledger,
    bounds: Bounds = BEDROCK,
) -> PreparedDataset:
    """Write `runs/<run_id>/dataset/`; the same request over the same bytes writes the same bytes.

    The manifest is written last: where it is, all files are. Raises InvalidRequest (dataset.task, dataset.uri),
    DatasetNotFound, DatasetInvalid, DatasetSizeOutOfBounds, RunNotFound, TransitionRefused and the Retryable… errors.
    """
    ledger.transition(run_id, RunStatus.PREPARING)
    wanted = request.dataset
    renderer = Renderer(task_named(wanted.task), wanted.split.seed, tokenizer.count)
    folder = store.uri(f"runs/{run_id}/dataset")
    with tempfile.TemporaryFile() as rows, _listed_in_full(f"{folder}/bad_records.txt", store):
        spool = RowSpool(rows)
        content = _Content.read(wanted, source, spool, lambda batches: workers.map(renderer, batches), bounds)
        files = _Files(folder, store, run_id)
        files.write(content)
        read = surveyed(content.plan, content.spool)
    manifest = _manifest(run_id, request, content, files, tokenizer.encoding)
    keep_checks(
        manifest,
        plan=content.plan,
        spool=content.spool,
        prompt_tokens=content.loaded.prompt_tokens,
        read=read,
        store=store,
        ledger=ledger,
    )
    manifest_uri = f"{folder}/manifest.json"
    store.put_bytes(manifest_uri, manifest.model_dump_json(indent=2).encode())
    figures = summary(manifest, manifest_uri)
    ledger.update(run_id, {"dataset": figures, "hyperparameters": manifest.hyperparameters})
    logger().info("dataset prepared", extra={"rows": figures.rows, "bad_records": figures.bad_records})
    return prepared(manifest, manifest_uri)


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
    def read(
        cls, wanted: DatasetRequest, source: DatasetSource, spool: RowSpool, render: Render, bounds: Bounds
    ) -> _Content:
        with source.open(wanted.uri, wanted.version) as opened:
            raw = SourceBytes(opened.stream)
            loaded = load_rows(
                read_records(raw),
                render=render,
                spool=spool,
                max_samples=wanted.max_samples,
                max_bad=wanted.max_bad_records,
                split=wanted.split,
                bounds=bounds,
            )
            raw.read_to_end()
        plan = plan_split(wanted.split, groups=spool.groups, labels=spool.labels)
        check_size(plan, records=loaded.records, bad_records=len(loaded.bad), bounds=bounds)
        origin = Source(uri=wanted.uri, bytes=raw.bytes, digest=raw.digest, version=opened.version)
        return cls(source=origin, loaded=loaded, spool=spool, plan=plan)


class _Files:
    """Writes the splits, each as it is read from the spool."""

    def __init__(self, folder: str, store: ObjectStore, run_id: str) -> None:
        self._folder, self._store, self._run_id = folder, store, run_id
        self.entries: dict[SplitName, SplitFile] = {}
        self.identities: dict[SplitName, str] = {}

    def write(self, content: _Content) -> None:
        groups = count_groups(content.plan, content.spool.groups)
        for name, numbers in content.plan.items():
            uri = f"{self._folder}/{name}-{len(numbers)}.jsonl"
            rows = SplitRows(content.spool, numbers, row_end(self._run_id, name))
            self._store.put_stream(uri, rows.chunks())
            self.entries[name] = rows.describe(uri, groups[name])
            self.identities[name] = rows.identity


def _manifest(run_id: str, request: RunRequest, content: _Content, files: _Files, encoding: str) -> Manifest:
    loaded = content.loaded
    tokens = token_statistics(loaded.prompt_tokens, encoding)
    return Manifest(
        run_id=run_id,
        task=request.dataset.task,
        source=content.source,
        split=request.dataset.split,
        records=loaded.records,
        bad_records=tuple(loaded.bad),
        warnings=dict(sorted(loaded.warnings.items())),
        files=files.entries,
        digest=dataset_digest(files.identities),
        tokens=tokens,
        hyperparameters=recommend(
            prompt_tokens=loaded.prompt_tokens,
            p99=tokens.p99,
            train_rows=files.entries["train"].rows,
            preset=task_named(request.dataset.task).preset,
            asked=request.hyperparameters,
        ),
    )
