"""Joins the parts of a large dataset into the same files as a single function writes, and writes the manifest."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial

from rft.contracts.dataset import Source, SplitFile, SplitName, split_uri
from rft.contracts.run_request import RunRequest
from rft.contracts.shards import Account, PinnedSource, WrittenShard
from rft.contracts.steps import PreparedDataset
from rft.datasets.manifest import build_manifest
from rft.datasets.profile import DatasetProfile
from rft.datasets.render import row_end
from rft.datasets.results import dataset_folder
from rft.datasets.row_checks import save_prepared
from rft.datasets.row_ends import JoinedRows
from rft.datasets.row_ranges import row_ranges
from rft.datasets.sample import RowSample
from rft.datasets.split import NAMES
from rft.errors import DatasetInvalid
from rft.evaluation.checks import planned_test_split
from rft.ports.datasets import Tokenizer, Workers
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.steps.plan_shards import account_uri, loaded_again
from rft.steps.write_shard import piece_uri


def join_shards(
    *,
    run_id: str,
    request: RunRequest,
    pinned: PinnedSource,
    shards: Sequence[WrittenShard],
    store: ObjectStore,
    tokenizer: Tokenizer,
    workers: Workers,
    ledger: Ledger,
) -> PreparedDataset:
    """Writes `runs/<run_id>/dataset/`, the manifest last. S3 joins the pieces; they are read once for digests.

    Raises DatasetNotFound, DatasetInvalid (parts are missing or read different bytes), TransitionRefused, Retryable….
    """
    account = Account.model_validate_json(store.get_bytes(account_uri(run_id, store)))
    joiner = _Joiner(run_id, account, len(shards), store)
    profile = joiner.profile(workers)
    source = Source(uri=pinned.uri, bytes=pinned.bytes, digest=_digest(shards, account), version=pinned.version)
    manifest = build_manifest(
        run_id=run_id,
        request=request,
        source=source,
        loaded=loaded_again(account),
        files=joiner.entries,
        identities=joiner.identities,
        encoding=tokenizer.encoding,
        shards=len(shards),
    )
    return save_prepared(
        manifest,
        request,
        shared_rows=account.shared_rows,
        prompt_tokens=account.prompt_tokens,
        profile=profile,
        more=[planned_test_split(request, manifest)],
        store=store,
        ledger=ledger,
    )


def _digest(shards: Sequence[WrittenShard], account: Account) -> str:
    """Digest of the source, if all parts are present and read the same bytes."""
    digests = {each.digest for each in shards}
    rows = sum(each.rows for each in shards)
    if len(digests) != 1 or rows != sum(account.rows.values()):
        raise DatasetInvalid(f"{len(shards)} parts wrote {rows} rows from {len(digests)} different sources")
    return digests.pop()


class _Joiner:
    def __init__(self, run_id: str, account: Account, parts: int, store: ObjectStore) -> None:
        self._run_id, self._account, self._store = run_id, account, store
        self._ranges = list(row_ranges(account.rows, parts))
        self.entries: dict[SplitName, SplitFile] = {}
        self.identities: dict[SplitName, str] = {}

    def profile(self, workers: Workers) -> DatasetProfile:
        """Joins all splits, and profiles a sample of their rows in the same pass."""
        with tempfile.TemporaryFile() as file:
            sample = RowSample(self._account.rows, file)
            for split in NAMES:
                self._join(split, sample)
            return sample.profile_rows(workers.map)

    def _join(self, split: SplitName, sample: RowSample) -> None:
        account = self._account
        uri = split_uri(dataset_folder(self._run_id, self._store), split, account.rows[split])
        names = [each.name for each in self._ranges if each.split == split]
        self._store.join(uri, [piece_uri(self._run_id, name, self._store) for name in names])
        rows = JoinedRows(self._store.lines(uri), row_end(self._run_id, split), partial(sample.take, split))
        self.identities[split] = rows.identity
        self.entries[split] = SplitFile(
            uri=uri,
            rows=account.rows[split],
            groups=account.groups[split],
            bytes=rows.bytes,
            digest=rows.digest,
            labels=account.labels[split],
        )
