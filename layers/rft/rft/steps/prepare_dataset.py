"""Reads a dataset, renders and splits its rows, and writes the files and a manifest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from rft.contracts.dataset import Manifest, Source, SplitFile, SplitName, split_uri
from rft.contracts.experiments.rounds import RoundSummary
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import DatasetRequest, RunRequest
from rft.contracts.shards import PinnedSource, ShardedDataset
from rft.contracts.steps import PreparedDataset, StartPoint
from rft.datasets.bounds import BEDROCK, Bounds, check_size
from rft.datasets.load import Loaded, Render, load_source
from rft.datasets.manifest import build_manifest
from rft.datasets.render import row_end
from rft.datasets.results import bad_records_saved, dataset_folder, save_manifest
from rft.datasets.reuse.adopt import adopt_dataset
from rft.datasets.row_checks import profile_splits, save_prepared
from rft.datasets.run_renderer import run_renderer
from rft.datasets.shards import Borders
from rft.datasets.split import Plan, count_groups, plan_split
from rft.datasets.spool import RowSpool
from rft.datasets.write import SplitRows
from rft.evaluation.checks import planned_test_split
from rft.evaluation.feeding import fed
from rft.grading.run_rubrics import config_key, run_config
from rft.ports.datasets import DatasetSource, OpenSource, Tokenizer, Workers
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.ports.training import RolloutReader
from rft.settings import ShardSettings


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
    shards: ShardSettings | None = None,
    start: StartPoint | None = None,
    rollouts: RolloutReader | None = None,
) -> PreparedDataset | ShardedDataset:
    """Writes `runs/<run_id>/dataset/`, deterministically for the same request and source bytes.

    The manifest is written last: if it exists, all files exist. With `shards`, a dataset that is too large for one
    function is only divided: the steps that follow write the same files. With `start`, the rows are an earlier run's;
    a round reuses those of an earlier run that still give a signal in its `rollouts`.
    Raises InvalidRequest (dataset.task, dataset.uri), DatasetNotFound, DatasetInvalid, DatasetSizeOutOfBounds,
    TransitionRefused and the Retryable… errors.
    """
    ledger.transition(run_id, RunStatus.PREPARING)
    save_grader_config(run_id, request, store)
    if start is not None:
        return _taken_up(run_id, request, start, store, ledger)
    dataset = request.dataset
    render = partial(workers.map, run_renderer(request, tokenizer.count))
    writer = _Writer(run_id, request, store, ledger, workers, tokenizer)
    if request.from_run is not None and rollouts is not None:
        with RowSpool.temporary() as spool, bad_records_saved(run_id, store):
            return writer.save(writer.round_content(source, rollouts, spool, render, bounds=bounds))
    with source.open(dataset.uri, dataset.version) as opened:
        if shards and (size := _too_large(opened, dataset, shards)):
            return _divided(opened, size, dataset, source, shards)
        with RowSpool.temporary() as spool, bad_records_saved(run_id, store):
            return writer.save(_Content.read(opened, dataset, spool, render, bounds))


def _taken_up(
    run_id: str, request: RunRequest, start: StartPoint, store: ObjectStore, ledger: Ledger
) -> PreparedDataset:
    """Reuses an earlier run's rows, which were checked there."""
    manifest = adopt_dataset(run_id, request, start.dataset.manifest_uri, store)
    calibration = ledger.get(run_id).calibration
    if calibration is not None:
        manifest = manifest.model_copy(update={"hyperparameters": fed(calibration, manifest.hyperparameters)})
    return save_manifest(manifest, request, store=store, ledger=ledger)


@dataclass(frozen=True)
class _Writer:
    """Writes the prepared rows, the checks, and last the manifest."""

    run_id: str
    request: RunRequest
    store: ObjectStore
    ledger: Ledger
    workers: Workers
    tokenizer: Tokenizer

    def round_content(
        self, source: DatasetSource, rollouts: RolloutReader, spool: RowSpool, render: Render, *, bounds: Bounds
    ) -> _Content:
        from rft.rounds.dataset import RoundPorts, round_dataset  # noqa: PLC0415 - most runs are no rounds

        ports, count = RoundPorts(source, self.store, self.ledger, rollouts), self.tokenizer.count
        found = round_dataset(self.request, spool=spool, render=render, count_tokens=count, ports=ports, bounds=bounds)
        return _Content(source=found.source, loaded=found.loaded, spool=spool, plan=found.plan, round=found.summary)

    def save(self, content: _Content) -> PreparedDataset:
        files = _Files(self.run_id, self.store)
        files.write(content)
        profile = profile_splits(content.plan, content.spool, self.workers)
        manifest = self._manifest(content, files)
        tokens, more = content.loaded.prompt_tokens, [planned_test_split(self.request, manifest)]
        return save_prepared(
            manifest, self.request, shared_rows=files.shared_rows, prompt_tokens=tokens, profile=profile, more=more,
            store=self.store, ledger=self.ledger,
        )  # fmt: skip

    def _manifest(self, content: _Content, files: _Files) -> Manifest:
        manifest = build_manifest(
            run_id=self.run_id,
            request=self.request,
            source=content.source,
            loaded=content.loaded,
            files=files.entries,
            identities=files.identities,
            encoding=self.tokenizer.encoding,
            shards=1,
        )
        return manifest.model_copy(update={"round": content.round})


def save_grader_config(run_id: str, request: RunRequest, store: ObjectStore) -> None:
    """Saves the run's grader configuration, which the grader looks up by a row's run_id."""
    if config := run_config(request):
        store.put_bytes(store.uri(config_key(run_id)), config)


def _too_large(opened: OpenSource, dataset: DatasetRequest, shards: ShardSettings) -> int:
    """The dataset's size if it is too large for one function and can be read in parts, else 0."""
    large = opened.bytes is not None and opened.bytes > shards.max_single_function_bytes
    return (opened.bytes or 0) if large and opened.pinned and dataset.max_samples is None else 0


def _divided(
    opened: OpenSource, size: int, dataset: DatasetRequest, source: DatasetSource, settings: ShardSettings
) -> ShardedDataset:
    version = str(opened.version)

    @contextmanager
    def open_at(byte: int) -> Iterator[BinaryIO]:
        with source.open(dataset.uri, version, byte) as part:
            yield part.stream

    borders = Borders(open_at)
    return ShardedDataset(
        source=PinnedSource(uri=dataset.uri, version=version, bytes=size, layout=borders.layout),
        shards=borders.shards(size, settings.shards(size)),
    )


@dataclass(frozen=True)
class _Content:
    source: Source
    loaded: Loaded
    spool: RowSpool
    plan: Plan
    round: RoundSummary | None = None

    @classmethod
    def read(
        cls, opened: OpenSource, dataset: DatasetRequest, spool: RowSpool, render: Render, bounds: Bounds
    ) -> _Content:
        origin, loaded = load_source(opened, dataset, render=render, rows=spool, bounds=bounds)
        plan = plan_split(dataset.split, groups=spool.groups, labels=spool.labels)
        check_size(plan, records=loaded.records, bad_records=len(loaded.bad), bounds=bounds)
        return cls(source=origin, loaded=loaded, spool=spool, plan=plan)


class _Files:
    def __init__(self, run_id: str, store: ObjectStore) -> None:
        self._run_id, self._store = run_id, store
        self.entries: dict[SplitName, SplitFile] = {}
        self.identities: dict[SplitName, str] = {}
        self.shared_rows = 0

    def write(self, content: _Content) -> None:
        counts = count_groups(content.plan, content.spool.groups)
        self.shared_rows = counts.shared_rows
        for name, numbers in content.plan.items():
            uri = split_uri(dataset_folder(self._run_id, self._store), name, len(numbers))
            rows = SplitRows(content.spool, numbers, row_end(self._run_id, name))
            self._store.put_stream(uri, rows.chunks())
            self.entries[name] = rows.describe(uri, counts.groups[name])
            self.identities[name] = rows.identity
