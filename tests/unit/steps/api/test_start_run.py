"""Starting runs, many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from rft.adapters.dynamodb.ledger import DynamoLedger
from rft.contracts.run_request import RunRequest
from rft.settings import StorageSettings
from rft.steps.api.start_run import RequestedRun, start_run
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, dynamo_client, ledger_table
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.records import ADA

REQUEST = RunRequest.model_validate(
    {"name": "nightly", "dataset": {"task": "pandalm", "uri": "s3://data-bucket/uploads/pandalm/demo/testset.json"}}
)


def test_fifty_identical_requests_with_one_key_are_one_run() -> None:
    executions = MemoryExecutions()

    def post(seconds: int) -> RequestedRun:
        clock = FixedClock()
        clock.advance(seconds=seconds)
        return start_run(
            request=REQUEST,
            key="one key",
            caller=ADA,
            ledger=DynamoLedger(dynamo_client(), table=TABLE, clock=clock),
            executions=executions,
            clock=clock,
            graders={"pandalm": "arn:aws:lambda:us-east-1:123456789012:function:pandalm"},
            storage=StorageSettings(DATA_BUCKET="data-bucket"),
        )

    with ledger_table(), ThreadPoolExecutor(16) as pool:
        runs = list(pool.map(post, range(50)))

    assert len({run.accepted.run_id for run in runs}) == 1
    assert list(executions.started) == [runs[0].accepted.run_id]
    assert [run.new for run in runs].count(True) == 1
