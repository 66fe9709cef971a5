"""start_from_upload: starts a run for a file under `uploads/`, or records why it is rejected."""

from __future__ import annotations

from collections.abc import Mapping

from rft.contracts.http.principal import UNKNOWN, Principal
from rft.contracts.ledger import UploadRejection
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import UploadOutcome
from rft.errors import DatasetNotFound, DatasetSizeOutOfBounds, InvalidRequest, InvalidUpload, RunNotFound
from rft.observability import logger
from rft.ports.runs import Executions, Ledger, UploadRejections
from rft.ports.storage import Clock, Notifier, ObjectStore
from rft.runs.ids import keyed_run_id
from rft.runs.topic_messages import upload_message
from rft.runs.uploads import OVERRIDES, Upload, upload_request
from rft.settings import JudgeDirectory, StorageSettings
from rft.steps.api.start_run import NO_JUDGES, run_key, start_run

MAX_OVERRIDES_BYTES = 65_536
"""Same limit as for a request's body."""


def start_from_upload(
    *,
    bucket: str,
    key: str,
    version_id: str | None,
    etag: str,
    requester: str,
    ledger: Ledger,
    rejections: UploadRejections,
    store: ObjectStore,
    executions: Executions,
    notifier: Notifier,
    clock: Clock,
    graders: Mapping[str, str],
    storage: StorageSettings,
    judges: JudgeDirectory = NO_JUDGES,
) -> UploadOutcome:
    """Starts one run per object version, regardless of duplicate or reordered events.

    `version_id`: None without versioning. `requester`: as reported by S3. Raises RunConflict (retry) and the Retryable…
    errors.
    """
    upload = Upload(bucket=bucket, key=key, version=version_id or etag)
    if upload.starts_nothing:
        return UploadOutcome()
    if known := rejections.rejection(upload.bucket, upload.key, upload.version):
        return _rejected(upload, known, notifier)
    try:
        run = start_run(
            request=_request(upload, version_id, ledger, store, storage),
            key=upload.idempotency_key,
            caller=_uploader(requester),
            ledger=ledger,
            executions=executions,
            clock=clock,
            graders=graders, storage=storage, judges=judges,
        )  # fmt: skip
    except (InvalidUpload, InvalidRequest) as error:
        return _rejected(upload, rejections.reject(_rejection(upload, error, clock)), notifier)
    return UploadOutcome(run_id=run.accepted.run_id)


def _uploader(requester: str) -> Principal:
    return Principal(type="account", id=requester) if requester else UNKNOWN


def _rejection(upload: Upload, error: InvalidUpload | InvalidRequest, clock: Clock) -> UploadRejection:
    return UploadRejection(
        bucket=upload.bucket,
        key=upload.key,
        version=upload.version,
        at=clock.now(),
        problems=error.problems if isinstance(error, InvalidUpload) else (str(error),),
    )


def _request(
    upload: Upload, version_id: str | None, ledger: Ledger, store: ObjectStore, storage: StorageSettings
) -> RunRequest:
    """The existing run's request, else one built from the object and its run.json."""
    _, name = upload.task_and_name
    try:
        return ledger.get(keyed_run_id(name, run_key(upload.idempotency_key, storage))).request
    except RunNotFound:
        return upload_request(upload, _overrides(upload, store), version_id=version_id)


def _overrides(upload: Upload, store: ObjectStore) -> bytes | None:
    try:
        return store.find_bytes(upload.overrides_uri, most=MAX_OVERRIDES_BYTES)
    except (DatasetNotFound, DatasetSizeOutOfBounds) as error:
        raise InvalidUpload(f"{OVERRIDES}: {error}") from error


def _rejected(upload: Upload, rejection: UploadRejection, notifier: Notifier) -> UploadOutcome:
    notifier.publish(upload_message(upload, rejection))
    logger().warning("upload refused", upload=upload.digest, problems=len(rejection.problems))
    return UploadOutcome(problems=rejection.problems)
