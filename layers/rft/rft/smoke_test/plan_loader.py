"""Loads a run's smoke test plan, deterministic for a request and its files. Takes ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from rft.contracts.dataset import DatasetRow, SplitName
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.grading.batch_sizes import rollouts_per_step
from rft.ports.storage import ObjectStore
from rft.smoke_test.plan import SmokeTestPlan, build_plan
from rft.smoke_test.sampling import Candidate, SampledRow, candidate, choose, extensions, sizes
from rft.tasks import task as task_named
from rft.tasks.base import Task


def load_plan(request: RunRequest, dataset: PreparedDataset, store: ObjectStore) -> SmokeTestPlan:
    """The plan, from the dataset's files.

    Raises InvalidRequest (dataset.task), DatasetNotFound, the Retryable… errors.
    """
    task, seed = task_named(request.dataset.task), request.dataset.split.seed
    steps = [sizes(request.smoke_test.sample_size), *extensions(request.smoke_test.sample_size)]
    first, *more = _samples(dataset, steps, task, seed, store)
    return build_plan(
        first,
        task,
        seed,
        requested=steps[0],
        rollouts_per_step=rollouts_per_step(dataset.hyperparameters),
        extensions=more,
    )


def _samples(
    dataset: PreparedDataset, steps: Sequence[Mapping[SplitName, int]], task: Task, seed: int, store: ObjectStore
) -> list[list[SampledRow]]:
    """Rows of each step; the steps are disjoint."""
    uris: dict[SplitName, str] = {"train": dataset.train_uri, "validation": dataset.validation_uri}
    samples: list[list[SampledRow]] = [[] for _ in steps]
    for split, uri in uris.items():
        chosen = _chosen(_candidates(uri, task, store), [step[split] for step in steps], f"{seed}:{split}")
        for row in _read(uri, split, frozenset().union(*chosen), store):
            samples[next(at for at, share in enumerate(chosen) if row.position in share)].append(row)
    return samples


def _chosen(candidates: Sequence[Candidate], counts: Sequence[int], seed: str) -> list[frozenset[int]]:
    chosen: list[frozenset[int]] = []
    for count in counts:
        chosen.append(choose(candidates, count, seed, but=frozenset().union(*chosen)))
    return chosen


def _candidates(uri: str, task: Task, store: ObjectStore) -> list[Candidate]:
    return [candidate(_row(line), task) for line in store.lines(uri)]


def _read(uri: str, split: SplitName, chosen: Set[int], store: ObjectStore) -> list[SampledRow]:
    # A second pass over the file, so that only the chosen rows are in memory.
    return [
        SampledRow(split=split, position=position, row=_row(line), size=len(line))
        for position, line in enumerate(store.lines(uri))
        if position in chosen
    ]


def _row(line: bytes) -> DatasetRow:
    return DatasetRow.model_validate_json(line)
