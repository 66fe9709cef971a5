"""Data between the steps that prepare a large dataset in parts, through states or S3 objects.

The objects `shards/<run_id>/…` belong to one run and expire.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rft.contracts.base import Contract
from rft.contracts.dataset import RejectedRecord, SplitName
from rft.contracts.steps import RunInput

Layout = Literal["array", "lines"]


class PinnedSource(Contract):
    """One version of an object in S3."""

    uri: str
    version: str
    bytes: int
    layout: Layout


class Shard(Contract):
    """A byte range of the source that holds whole records. `number` counts from 0."""

    number: int
    start: int
    end: int
    last: bool


class ShardedDataset(Contract):
    """prepare_dataset's output if the dataset is too large for one function."""

    source: PinnedSource
    shards: tuple[Shard, ...]


class IndexShardInput(RunInput):
    source: PinnedSource
    shard: Shard


class IndexedShard(Contract):
    number: int
    records: int


class ShardIndex(Contract):
    """Content of `index-<number>.json`: metadata of a shard's records.

    Positions and lines are relative to the shard. `groups` and `labels` have one entry per valid record; a label is an
    index into the label names.
    """

    records: int
    lines: int
    groups: tuple[int, ...]
    labels: tuple[int, ...]
    label_names: tuple[str, ...]
    bad: tuple[RejectedRecord, ...]
    warnings: dict[str, int]
    prompt_tokens: dict[int, int] = Field(description="Number of rows by prompt length in tokens.")


class PlanShardsInput(RunInput):
    indexed: tuple[IndexedShard, ...]


class ShardPlan(Contract):
    """plan_shards's output: the numbers of the parts to write."""

    parts: tuple[int, ...]


class Piece(Contract):
    """Consecutive rows of a split's file, by the positions of their records."""

    split: SplitName
    positions: tuple[int, ...]


class ShardPart(Contract):
    """Content of `part-<number>.json`: the rows that one function writes."""

    pieces: tuple[Piece, ...]


class Account(Contract):
    """Content of `account.json`: figures of the source's records and their split, for the manifest."""

    records: int
    bad: tuple[RejectedRecord, ...]
    warnings: dict[str, int]
    prompt_tokens: dict[int, int]
    rows: dict[SplitName, int]
    groups: dict[SplitName, int]
    shared_rows: int
    labels: dict[SplitName, dict[str, int]]


class WriteShardInput(RunInput):
    source: PinnedSource
    part: int


class WrittenShard(Contract):
    """write_shard's output. `digest` is that of the whole source, which every part reads."""

    part: int
    rows: int
    bytes: int
    digest: str


class JoinShardsInput(RunInput):
    source: PinnedSource
    shards: tuple[WrittenShard, ...]
