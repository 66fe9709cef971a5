"""Writes the rows of one part of a large dataset."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from rft.contracts.run_request import RunRequest
from rft.contracts.shards import PinnedSource, ShardPart, WrittenShard
from rft.datasets.load import BATCH_RECORDS
from rft.datasets.records import RawRecord, SourceBytes, read_records
from rft.datasets.render import row_end
from rft.datasets.row_ranges import RowRange
from rft.datasets.run_renderer import run_renderer
from rft.datasets.spool import RowSpool
from rft.datasets.write import SplitRows
from rft.errors import DatasetInvalid
from rft.ports.datasets import DatasetSource, Workers
from rft.ports.storage import ObjectStore
from rft.steps.plan_shards import part_uri


def write_shard(
    *,
    run_id: str,
    request: RunRequest,
    pinned: PinnedSource,
    part: int,
    source: DatasetSource,
    store: ObjectStore,
    workers: Workers,
) -> WrittenShard:
    """Writes one or more `shards/<run_id>/<split>-<part>.jsonl`.

    Raises DatasetNotFound, DatasetInvalid and the Retryable… errors.
    """
    pieces = ShardPart.model_validate_json(store.get_bytes(part_uri(run_id, part, store))).pieces
    positions = sorted(position for piece in pieces for position in piece.positions)
    number_of = {position: number for number, position in enumerate(positions)}
    renderer = run_renderer(request, _uncounted)
    with RowSpool.temporary() as spool:
        # The whole source is read, because rows are in the order of the split; only this part's records are rendered.
        with source.open(pinned.uri, pinned.version) as opened:
            raw = SourceBytes(opened.stream)
            for rendered in workers.map(renderer, _batches(read_records(raw), number_of)):
                spool.add(rendered)
            raw.read_to_end()
        if len(spool) != len(positions):
            raise DatasetInvalid(
                f"{len(positions)} records were found in the dataset's parts, but only {len(spool)} when rereading them"
            )
        size = 0
        for piece in pieces:
            rows = SplitRows(spool, [number_of[at] for at in piece.positions], row_end(run_id, piece.split))
            name = RowRange(part, piece.split, 0, len(piece.positions)).name
            store.put_stream(piece_uri(run_id, name, store), rows.chunks())
            size += rows.bytes
    return WrittenShard(part=part, rows=len(positions), bytes=size, digest=raw.digest)


def piece_uri(run_id: str, name: str, store: ObjectStore) -> str:
    return store.uri(f"shards/{run_id}/{name}")


def _batches(records: Iterable[RawRecord], positions: Collection[int]) -> Iterator[list[RawRecord]]:
    chosen = (record for record in records if record.position in positions)
    while batch := list(islice(chosen, BATCH_RECORDS)):
        yield batch


def _uncounted(prompts: Sequence[str]) -> list[int]:
    # Tokens were counted when the shard was indexed.
    return [0] * len(prompts)
