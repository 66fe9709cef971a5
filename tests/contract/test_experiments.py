"""Experiment records in memory and in DynamoDB keep the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from rft.adapters.dynamodb.experiments import DynamoExperiments
from rft.contracts.experiments.record import ExperimentRecord, ExperimentStatus
from rft.errors import ExperimentNotFound, InvalidRequest, RetryableThrottling, RunConflict
from rft.ports.experiments import Experiments
from tests.kit.fake_experiment import FakeExperiment
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, ledger_table
from tests.kit.fakes.experiments import MemoryExperiments

FIRST = FakeExperiment().record


@pytest.fixture(params=["memory", "dynamo"])
def experiments(request: pytest.FixtureRequest) -> Iterator[Experiments]:
    if request.param == "memory":
        yield MemoryExperiments(FixedClock())
    else:
        with ledger_table() as client:
            yield DynamoExperiments(client, table=TABLE, clock=FixedClock())


def numbered(number: int, **fields: Any) -> ExperimentRecord:
    at = FIRST.created_at + timedelta(minutes=number)
    return FIRST.model_copy(update={"experiment_id": f"sweep-{number}", "created_at": at, "version": 0, **fields})


def budget_reached(reason: str) -> Callable[[ExperimentRecord], ExperimentRecord]:
    return lambda last: last.model_copy(update={"budget_reached": reason})


def test_a_record_is_read_back_as_it_was_written(experiments: Experiments) -> None:
    assert experiments.create(numbered(1)) == numbered(1) == experiments.get("sweep-1")


def test_an_unknown_experiment_is_named(experiments: Experiments) -> None:
    with pytest.raises(ExperimentNotFound, match="sweep-9"):
        experiments.get("sweep-9")
    with pytest.raises(ExperimentNotFound, match="sweep-9"):
        experiments.change("sweep-9", budget_reached("no"))


def test_an_equal_request_returns_the_existing_experiment(experiments: Experiments) -> None:
    experiments.create(numbered(1))
    experiments.change("sweep-1", budget_reached("spent"))
    assert experiments.create(numbered(1)).budget_reached == "spent"


def test_another_request_under_the_same_id_is_a_conflict(experiments: Experiments) -> None:
    experiments.create(numbered(1))
    other = FIRST.request.model_copy(update={"max_parallel": 3})
    with pytest.raises(RunConflict, match="different request"):
        experiments.create(numbered(1, request=other))


def test_a_change_counts_versions_and_an_empty_one_writes_nothing(experiments: Experiments) -> None:
    experiments.create(numbered(1))
    changed = experiments.change("sweep-1", budget_reached("spent"))
    assert (changed.version, changed.budget_reached) == (1, "spent")
    assert experiments.change("sweep-1", budget_reached("spent")) == changed == experiments.get("sweep-1")


def test_lists_are_newest_first_in_pages(experiments: Experiments) -> None:
    for number in (2, 1, 3):
        experiments.create(numbered(number))
    first, cursor = experiments.page(limit=2, cursor=None)
    rest, end = experiments.page(limit=2, cursor=cursor)
    assert [each.experiment_id for each in (*first, *rest)] == ["sweep-3", "sweep-2", "sweep-1"]
    assert (cursor is not None, end) == (True, None)


def test_an_experiment_is_unsettled_until_its_runs_have_ended(experiments: Experiments) -> None:
    for number in (1, 2):
        experiments.create(numbered(number))
    experiments.change("sweep-1", lambda last: last.model_copy(update={"status": ExperimentStatus.FAILED}))
    assert {each.experiment_id for each in experiments.unsettled()} == {"sweep-1", "sweep-2"}
    experiments.change("sweep-1", lambda last: last.model_copy(update={"settled": True}))
    assert [each.experiment_id for each in experiments.unsettled()] == ["sweep-2"]


@pytest.fixture
def table() -> Iterator[DynamoExperiments]:
    with ledger_table() as client:
        yield DynamoExperiments(client, table=TABLE, clock=FixedClock())


def test_a_concurrent_change_is_applied_to_the_newer_record(table: DynamoExperiments) -> None:
    table.create(numbered(1))
    met: list[int] = []

    def change(last: ExperimentRecord) -> ExperimentRecord:
        if not met:
            met.append(last.version)
            table.change("sweep-1", lambda other: other.model_copy(update={"promotion_run_id": "sweep-01-0a1b2c3d"}))
        return last.model_copy(update={"budget_reached": "spent"})

    changed = table.change("sweep-1", change)
    assert (changed.version, changed.promotion_run_id, changed.budget_reached) == (2, "sweep-01-0a1b2c3d", "spent")


def test_a_constantly_changing_record_is_a_retryable_error(table: DynamoExperiments) -> None:
    table.create(numbered(1))

    def always_late(last: ExperimentRecord) -> ExperimentRecord:
        table.change("sweep-1", lambda other: other.model_copy(update={"budget_reached": f"{other.version}"}))
        return last.model_copy(update={"promotion_run_id": "sweep-01-0a1b2c3d"})

    with pytest.raises(RetryableThrottling, match="sweep-1"):
        table.change("sweep-1", always_late)


def test_an_invalid_cursor_is_refused(table: DynamoExperiments) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        table.page(limit=2, cursor="no cursor")
