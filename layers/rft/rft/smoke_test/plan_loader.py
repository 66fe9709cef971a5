"""A run's smoke test plan: the same from the same request and files, in whichever function. Takes ports."""

from __future__ import annotations

from collections.abc import Mapping, Set

from rft.contracts.dataset import DatasetRow, SplitName
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.grading.batch_sizes import rollouts_per_step
from rft.ports import ObjectStore
from rft.smoke_test.plan import SmokeTestPlan, build_plan
from rft.smoke_test.sampling import Candidate, SampledRow, candidate, choose, sizes
from rft.tasks import task as task_named
from rft.tasks.base import Task


def load_plan(request: RunRequest, dataset: PreparedDataset, store: ObjectStore) -> SmokeTestPlan:
    """The plan, from the rows' files. Raises InvalidRequest (dataset.task), DatasetNotFound, the Retryable… errors."""
    task, seed = task_named(request.dataset.task), request.dataset.split.seed
    requested = sizes(request.smoke_test.sample_size)
    return build_plan(
        _sample(dataset, requested, task, seed, store),
        task,
        seed,
        requested=requested,
        rollouts_per_step=rollouts_per_step(dataset.hyperparameters),
    )


def _sample(
    dataset: PreparedDataset, requested: Mapping[SplitName, int], task: Task, seed: int, store: ObjectStore
) -> list[SampledRow]:
    uris: dict[SplitName, str] = {"train": dataset.train_uri, "validation": dataset.validation_uri}
    rows: list[SampledRow] = []
    for split, uri in uris.items():
        chosen = choose(_candidates(uri, task, store), requested[split], f"{seed}:{split}")
        rows += _sampled(uri, split, chosen, store)
    return rows


def _candidates(uri: str, task: Task, store: ObjectStore) -> list[Candidate]:
    return [candidate(_row(line), task) for line in store.lines(uri)]


def _sampled(uri: str, split: SplitName, chosen: Set[int], store: ObjectStore) -> list[SampledRow]:
    """A second pass over the file, so that no more than the chosen rows is ever held."""
    return [
        SampledRow(split=split, position=position, row=_row(line), size=len(line))
        for position, line in enumerate(store.lines(uri))
        if position in chosen
    ]


def _row(line: bytes) -> DatasetRow:
    return DatasetRow.model_validate_json(line)
