"""Starts a run for a file uploaded to `uploads/`."""

from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.http.events import ObjectCreated
from rft.observability import logger
from rft.settings import GraderDirectory, JudgeDirectory, StorageSettings
from rft.steps.start_from_upload import start_from_upload


@logger().inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """EventBridge event Object Created of S3 → UploadOutcome."""
    created = ObjectCreated.model_validate(event).detail
    return start_from_upload(
        bucket=created.bucket.name,
        key=created.stored.key,
        version_id=created.stored.version,
        etag=created.stored.etag,
        requester=created.requester,
        ledger=wiring.ledger(),
        rejections=wiring.upload_rejections(),
        store=wiring.object_store(),
        executions=wiring.executions(),
        notifier=wiring.notifier(),
        clock=wiring.clock(),
        graders=GraderDirectory.from_environment().graders,
        storage=StorageSettings.from_environment(),
        judges=JudgeDirectory.from_environment(),
    ).model_dump(mode="json")
