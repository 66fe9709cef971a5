"""Delivers upload events to the step that starts runs, with in-memory ports."""

from __future__ import annotations

from rft.contracts.steps import UploadOutcome
from rft.settings import StorageSettings
from rft.steps.start_from_upload import start_from_upload
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.fakes.store import MemoryStore

KEY = "uploads/pandalm/demo/testset.json"
RUN_JSON = "s3://data-bucket/uploads/pandalm/demo/run.json"


class Bucket:
    """A bucket whose S3 events are delivered to the step."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.store = MemoryStore()
        self.executions = MemoryExecutions()
        self.notifier = MemoryNotifier()

    def deliver(self, key: str = KEY, version: str | None = "v1", etag: str = "e1") -> UploadOutcome:
        return start_from_upload(
            bucket="data-bucket",
            key=key,
            version_id=version,
            etag=etag,
            requester="123456789012",
            ledger=self.ledger,
            rejections=self.ledger,
            store=self.store,
            executions=self.executions,
            notifier=self.notifier,
            clock=self.clock,
            graders={"pandalm": "arn:aws:lambda:us-east-1:123456789012:function:pandalm"},
            storage=StorageSettings.model_validate({"DATA_BUCKET": "data-bucket"}),
        )
