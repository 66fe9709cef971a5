"""Merges the indexes of a large dataset's parts, splits its rows, and plans the writing."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence

from rft.contracts.dataset import RejectedRecord
from rft.contracts.run_request import RunRequest
from rft.contracts.shards import Account, IndexedShard, Piece, ShardIndex, ShardPart, ShardPlan
from rft.datasets.bounds import BEDROCK, Bounds, check_row_count, check_size
from rft.datasets.load import Loaded, check_bad_records
from rft.datasets.results import bad_records_saved
from rft.datasets.row_ranges import RowRange, row_ranges
from rft.datasets.split import Plan, count_groups, plan_split
from rft.datasets.spool import RowIndex
from rft.ports.storage import ObjectStore
from rft.steps.index_shard import index_uri


def plan_shards(
    *, run_id: str, request: RunRequest, indexed: Sequence[IndexedShard], store: ObjectStore, bounds: Bounds = BEDROCK
) -> ShardPlan:
    """Writes `shards/<run_id>/part-<number>.json` for each part to write, and `account.json`.

    Raises DatasetInvalid, DatasetSizeOutOfBounds, DatasetNotFound and the Retryable… errors.
    """
    dataset = request.dataset
    merged = _Merged()
    for shard in sorted(indexed, key=lambda each: each.number):
        merged.add(ShardIndex.model_validate_json(store.get_bytes(index_uri(run_id, shard.number, store))))
        check_row_count(len(merged.rows), dataset.split, bounds)
    with bad_records_saved(run_id, store):
        check_bad_records(merged.loaded, dataset.max_bad_records)
    plan = plan_split(dataset.split, groups=merged.rows.groups, labels=merged.rows.labels)
    check_size(plan, records=merged.loaded.records, bad_records=len(merged.loaded.bad), bounds=bounds)
    account = merged.account(plan)
    shares = defaultdict[int, list[RowRange]](list)
    for row_range in row_ranges(account.rows, len(indexed)):
        shares[row_range.part].append(row_range)
    for number, share in shares.items():
        part = ShardPart(pieces=tuple(_piece(row_range, plan, merged.positions) for row_range in share))
        store.put_bytes(part_uri(run_id, number, store), part.model_dump_json().encode())
    store.put_bytes(account_uri(run_id, store), account.model_dump_json().encode())
    return ShardPlan(parts=tuple(sorted(shares)))


def part_uri(run_id: str, number: int, store: ObjectStore) -> str:
    return store.uri(f"shards/{run_id}/part-{number:04d}.json")


def account_uri(run_id: str, store: ObjectStore) -> str:
    return store.uri(f"shards/{run_id}/account.json")


class _Merged:
    """All shards merged as if read as one; `positions` maps each row to its record's position."""

    def __init__(self) -> None:
        self.loaded = Loaded()
        self.rows = RowIndex()
        self.positions = array("I")
        self._lines = 0

    def add(self, index: ShardIndex) -> None:
        before = self.loaded.records
        bad = {each.position for each in index.bad}
        self.positions.extend(before + at for at in range(1, index.records + 1) if at not in bad)
        self.loaded.bad += (self._moved(each, before) for each in index.bad)
        self.loaded.records += index.records
        self.loaded.warnings.update(index.warnings)
        self.loaded.prompt_tokens.update(index.prompt_tokens)
        self.rows.extend(index.groups, (index.label_names[label] for label in index.labels))
        self._lines += index.lines

    def _moved(self, bad: RejectedRecord, before: int) -> RejectedRecord:
        line = None if bad.line is None else bad.line + self._lines
        return RejectedRecord(position=bad.position + before, line=line, reason=bad.reason)

    def account(self, plan: Plan) -> Account:
        counts = count_groups(plan, self.rows.groups)
        return Account(
            records=self.loaded.records,
            bad=tuple(self.loaded.bad),
            warnings=dict(self.loaded.warnings),
            prompt_tokens=dict(self.loaded.prompt_tokens),
            rows={name: len(numbers) for name, numbers in plan.items()},
            groups=counts.groups,
            shared_rows=counts.shared_rows,
            labels={name: self.rows.label_counts(numbers) for name, numbers in plan.items()},
        )


def _piece(row_range: RowRange, plan: Plan, positions: Sequence[int]) -> Piece:
    numbers = plan[row_range.split][row_range.start : row_range.end]
    return Piece(split=row_range.split, positions=tuple(positions[number] for number in numbers))


def loaded_again(account: Account) -> Loaded:
    return Loaded(
        records=account.records,
        bad=list(account.bad),
        warnings=Counter(account.warnings),
        prompt_tokens=Counter(account.prompt_tokens),
    )
