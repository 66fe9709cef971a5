"""Histories of deployments in memory and in DynamoDB keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rft.adapters.dynamodb.deployment_records import DynamoDeploymentRecords
from rft.errors import RetryableServiceError
from rft.ports.models import DeploymentRecords
from tests.kit.fake_promotion import BEFORE, change
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, ledger_table
from tests.kit.fakes.models import MemoryDeploymentRecords


@pytest.fixture(params=["memory", "dynamo"])
def records(request: pytest.FixtureRequest) -> Iterator[DeploymentRecords]:
    if request.param == "memory":
        yield MemoryDeploymentRecords()
    else:
        with ledger_table() as client:
            yield DynamoDeploymentRecords(client, table=TABLE, clock=FixedClock())


def test_an_unknown_deployment_has_an_empty_record(records: DeploymentRecords) -> None:
    found = records.get("judge")
    assert (found.version, found.changes, found.open_change) == (0, (), None)


def test_a_record_is_read_back_as_it_was_written(records: DeploymentRecords) -> None:
    stored = records.put(records.get("judge").adding(change(BEFORE, None)))
    assert stored.version == 1
    assert records.get("judge") == stored
    assert records.put(stored.revising("reverted", "it failed")) == records.get("judge")


def test_a_write_on_an_older_version_is_refused(records: DeploymentRecords) -> None:
    empty = records.get("judge")
    records.put(empty.adding(change(BEFORE, None)))
    with pytest.raises(RetryableServiceError, match="another writer"):
        records.put(empty.adding(change("arn:other", None)))
    assert records.get("judge").changes == (change(BEFORE, None),)


def test_all_records_are_listed_by_name(records: DeploymentRecords) -> None:
    for name in ("zebra", "ant"):
        records.put(records.get(name).adding(change(BEFORE, None)))
    assert [record.name for record in records.all()] == ["ant", "zebra"]
