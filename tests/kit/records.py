"""Run records for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.run_request import RunRequest
from rft.ports.runs import Ledger
from rft.runs.status import FOLLOWERS

ADA = Principal(type="iam", id="arn:aws:iam::123456789012:user/ada")
RUN_ID = "pandalm-judge-20261120t120000-1a2b3c4d"


def run_record(
    run_id: str = RUN_ID, *, at: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC), **request: Any
) -> RunRecord:
    """Return a new run's record; keywords set fields of its request."""
    dataset = {"task": "pandalm", "uri": "s3://data-bucket/uploads/pandalm/demo/testset.json"}
    validated = RunRequest.model_validate({"name": "pandalm-judge", "dataset": dataset, **request})
    return RunRecord(
        run_id=run_id,
        name=validated.name,
        status=RunStatus.PENDING,
        request=validated,
        requested_by=ADA,
        created_at=at,
        updated_at=at,
    )


PROVEN_BEFORE = {RunStatus.AWAITING_APPROVAL, RunStatus.STARTING, RunStatus.REJECTED}
"""Statuses that follow PREPARING only in runs that reuse an earlier run's proof."""


def path_to(status: RunStatus) -> list[RunStatus]:
    """Return a shortest path of statuses from PENDING (excluded) to a status."""
    ways: dict[RunStatus, list[RunStatus]] = {RunStatus.PENDING: []}
    queue = [RunStatus.PENDING]
    while queue:
        before = queue.pop(0)
        skipped = PROVEN_BEFORE if before is RunStatus.PREPARING else set()
        for after in sorted(FOLLOWERS[before] - ways.keys() - skipped):
            ways[after] = [*ways[before], after]
            queue.append(after)
    return ways[status]


def add_run(ledger: Ledger, status: RunStatus, **request: Any) -> RunRecord:
    """Add a run to the ledger and advance it to `status`."""
    record = ledger.create(run_record(**request))
    for step in path_to(status):
        record = ledger.transition(record.run_id, step)
    return record
