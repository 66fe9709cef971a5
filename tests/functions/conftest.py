"""The API's function with its ports in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rft import wiring
from tests.kit.api_function import GRADER_ARN, Client
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, ledger_table


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    monkeypatch.setenv("ALLOWED_HOSTS", "raw.githubusercontent.com")
    monkeypatch.setenv("GRADERS", json.dumps({"pandalm": GRADER_ARN}))
    return Client(FixedClock())


@pytest.fixture
def dynamo_api(api: Client) -> Iterator[Client]:
    with ledger_table() as client:
        stores = DynamoStores(client, table=TABLE, clock=api.clock)
        for port in (wiring.ledger, wiring.run_history, wiring.approvals, wiring.job_queue):
            api.module.app.dependency_overrides[port] = lambda: stores
        yield api
