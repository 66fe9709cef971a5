"""Builds the dataset of a round. Takes ports."""

from __future__ import annotations

from dataclasses import dataclass

from rft.contracts.dataset import Manifest, Source
from rft.contracts.experiments.rounds import RoundRequest, RoundSummary
from rft.contracts.ledger import RunRecord
from rft.contracts.run_request import RunRequest
from rft.datasets.bounds import Bounds, check_size
from rft.datasets.load import Loaded, Render, load_source
from rft.datasets.render import CountTokens
from rft.datasets.split import Plan
from rft.datasets.spool import RowSpool
from rft.errors import DatasetInvalid
from rft.ports.datasets import DatasetSource
from rft.ports.runs import Ledger
from rft.ports.storage import ObjectStore
from rft.ports.training import RolloutReader
from rft.rounds.last_rollouts import Scores, last_scores, lesson
from rft.rounds.rows import RoundRows


@dataclass(frozen=True)
class RoundPorts:
    source: DatasetSource
    store: ObjectStore
    ledger: Ledger
    rollouts: RolloutReader


@dataclass(frozen=True)
class RoundDataset:
    """The rows read and their splits. Without new records, `source` is the earlier run's."""

    source: Source
    loaded: Loaded
    plan: Plan
    summary: RoundSummary


def round_dataset(
    request: RunRequest,
    *,
    spool: RowSpool,
    render: Render,
    count_tokens: CountTokens,
    ports: RoundPorts,
    bounds: Bounds,
) -> RoundDataset:
    """Fills `spool` with the retained rows of the run `request.from_run`, and with rows of new records.

    Raises DatasetNotFound if the earlier rows were deleted, DatasetInvalid, DatasetSizeOutOfBounds, RunNotFound and the
    Retryable… errors.
    """
    before = request.from_run
    assert before is not None  # noqa: S101 - the caller's condition
    earlier = ports.ledger.get(before.run_id)
    if earlier.dataset is None:
        raise DatasetInvalid(f"{earlier.run_id} has no prepared rows", [])
    manifest = Manifest.model_validate_json(ports.store.get_bytes(earlier.dataset.manifest_uri))
    scores = _scores(before, earlier, ports.rollouts)
    rows = RoundRows(spool, manifest, request, count_tokens)
    rows.take_up(ports.store, lambda row_id: lesson(scores.get(row_id, ()), before))
    source, loaded = manifest.source, Loaded()
    if request.dataset != earlier.request.dataset:
        source, loaded = _new_records(request, rows, render, ports.source, bounds)
    rows.shuffle()
    loaded.prompt_tokens = rows.prompt_tokens
    check_size(rows.plan, records=loaded.records, bad_records=len(loaded.bad), bounds=bounds)
    return RoundDataset(source, loaded, rows.plan, rows.summary())


def _scores(request: RoundRequest, earlier: RunRecord, rollouts: RolloutReader) -> Scores:
    """Empty if no rows are to be dropped."""
    if not request.drops_rows:
        return {}
    chosen = (earlier.hyperparameters or {}).get("trainingSamplePerPrompt")
    samples = int(chosen.value) if chosen else 2
    scores = last_scores(earlier.run_id, samples, earlier.request.score_range, rollouts)
    if not any(scores.values()):
        raise DatasetInvalid(f"rollouts of {earlier.run_id} are no longer available; set from_run's scores to null", [])
    return scores


def _new_records(
    request: RunRequest, rows: RoundRows, render: Render, source: DatasetSource, bounds: Bounds
) -> tuple[Source, Loaded]:
    dataset = request.dataset
    with source.open(dataset.uri, dataset.version) as opened:
        return load_source(opened, dataset, render=render, rows=rows, bounds=bounds)
