"""What a run's grader is asked: the same from the same request and files, in whichever function that is found out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from rft.contracts.dataset import DatasetRow, SplitName
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.errors import StalePlan
from rft.grading.batch_sizes import rollouts_per_step
from rft.ports import ObjectStore
from rft.smoke_test.evidence import Row
from rft.smoke_test.plan import Ask, Plan, by_number, plan
from rft.smoke_test.sampling import Candidate, SampledRow, candidate, choose, sizes
from rft.tasks import task as task_named
from rft.tasks.base import Comparison, Task, comparison


@dataclass(frozen=True)
class Questions:
    """`wanted`: rows of each split that were asked for. `comparisons`: of the rows that compare two responses."""

    plan: Plan
    wanted: Mapping[SplitName, int]
    comparisons: Mapping[Row, Comparison]

    def asks(self, numbers: Sequence[int]) -> dict[int, Ask]:
        """Calls by their numbers. Raises StalePlan for a number that the plan does not have."""
        known = by_number(self.plan)
        if missing := [number for number in numbers if number not in known]:
            raise StalePlan(f"the smoke test's plan has no batch {missing[0]}; start the run again")
        return {number: known[number] for number in numbers}


def questions(request: RunRequest, dataset: PreparedDataset, store: ObjectStore) -> Questions:
    """The plan, from the rows' files. Raises InvalidRequest (dataset.task), DatasetNotFound, the Retryable… errors."""
    task, seed = task_named(request.dataset.task), request.dataset.split.seed
    wanted = sizes(request.smoke_test.sample_size)
    rows = _sample(dataset, wanted, task, seed, store)
    return Questions(
        plan=plan(rows, task, seed, rollouts_per_step=rollouts_per_step(dataset.hyperparameters)),
        wanted=wanted,
        comparisons=_comparisons(rows, task),
    )


def _comparisons(rows: Sequence[SampledRow], task: Task) -> dict[Row, Comparison]:
    found = ((row.key, comparison(task, row.row)) for row in rows)
    return {key: compared for key, compared in found if compared is not None}


def _sample(
    dataset: PreparedDataset, wanted: Mapping[SplitName, int], task: Task, seed: int, store: ObjectStore
) -> list[SampledRow]:
    uris: dict[SplitName, str] = {"train": dataset.train_uri, "validation": dataset.validation_uri}
    rows: list[SampledRow] = []
    for split, uri in uris.items():
        chosen = choose(_candidates(uri, task, store), wanted[split], f"{seed}:{split}")
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
