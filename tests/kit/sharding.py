"""Prepares a large dataset in shards, as the state machine does."""

from __future__ import annotations

from typing import Any

from rft.contracts.run_request import RunRequest
from rft.contracts.shards import ShardedDataset, WrittenShard
from rft.contracts.steps import PreparedDataset
from rft.ports.datasets import DatasetSource
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.steps.index_shard import index_shard
from rft.steps.join_shards import join_shards
from rft.steps.plan_shards import plan_shards
from rft.steps.write_shard import write_shard
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers


class ShardedWay:
    """The steps after prepare_dataset, individually or all together."""

    def __init__(self, run_id: str, request: RunRequest, store: ObjectStore, source: DatasetSource) -> None:
        self._of_run: dict[str, Any] = {"run_id": run_id, "request": request, "store": store}
        self._reading: dict[str, Any] = {"source": source, "workers": SerialWorkers()}
        self.written: list[WrittenShard] = []

    def prepare(self, divided: ShardedDataset, ledger: Ledger) -> PreparedDataset:
        pinned = divided.source
        indexed = [
            index_shard(**self._of_run, **self._reading, pinned=pinned, shard=shard, tokenizer=WordTokenizer())
            for shard in reversed(divided.shards)
        ]
        plan = plan_shards(**self._of_run, indexed=indexed)
        self.written = [
            write_shard(**self._of_run, **self._reading, pinned=pinned, part=part) for part in reversed(plan.parts)
        ]
        return join_shards(
            **self._of_run,
            pinned=pinned,
            shards=self.written,
            tokenizer=WordTokenizer(),
            workers=SerialWorkers(),
            ledger=ledger,
        )
