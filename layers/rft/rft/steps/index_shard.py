"""Reads one part of a large dataset and indexes its valid records by group and label."""

from __future__ import annotations

from functools import partial

from rft.contracts.run_request import RunRequest
from rft.contracts.shards import IndexedShard, PinnedSource, Shard, ShardIndex
from rft.datasets.bounds import BEDROCK, Bounds
from rft.datasets.load import Loaded, load_rows
from rft.datasets.run_renderer import run_renderer
from rft.datasets.shards import ShardReader
from rft.datasets.spool import RowIndex
from rft.ports.datasets import DatasetSource, Tokenizer, Workers
from rft.ports.storage import ObjectStore


def index_shard(
    *,
    run_id: str,
    request: RunRequest,
    pinned: PinnedSource,
    shard: Shard,
    source: DatasetSource,
    store: ObjectStore,
    tokenizer: Tokenizer,
    workers: Workers,
    bounds: Bounds = BEDROCK,
) -> IndexedShard:
    """Writes `shards/<run_id>/index-<number>.json`. Bad records are only listed here; plan_shards applies the limit.

    Raises DatasetNotFound, DatasetInvalid (the part cannot be read), DatasetSizeOutOfBounds and the Retryable… errors.
    """
    dataset = request.dataset
    renderer = run_renderer(request, tokenizer.count)
    rows = RowIndex()
    with source.open(pinned.uri, pinned.version, shard.start) as opened:
        reader = ShardReader(opened.stream, pinned.layout, shard)
        loaded = load_rows(
            reader,
            render=partial(workers.map, renderer),
            rows=rows,
            max_samples=None,
            max_bad=dataset.max_bad_records,
            split=dataset.split,
            bounds=bounds,
        )
    index = _shard_index(loaded, rows, reader.lines)
    store.put_bytes(index_uri(run_id, shard.number, store), index.model_dump_json().encode())
    return IndexedShard(number=shard.number, records=loaded.records)


def _shard_index(loaded: Loaded, rows: RowIndex, lines: int) -> ShardIndex:
    return ShardIndex(
        records=loaded.records,
        lines=lines,
        groups=tuple(rows.groups),
        labels=tuple(rows.labels),
        label_names=rows.label_names,
        bad=tuple(loaded.bad),
        warnings=dict(loaded.warnings),
        prompt_tokens=dict(loaded.prompt_tokens),
    )


def index_uri(run_id: str, number: int, store: ObjectStore) -> str:
    return store.uri(f"shards/{run_id}/index-{number:04d}.json")
