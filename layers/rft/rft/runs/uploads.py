"""Builds requests from uploads: `uploads/<task>/<name>/<file>`, and `run.json` next to it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from rft.contracts.http.validation_messages import validation_message
from rft.contracts.run_request import RunRequest
from rft.errors import InvalidUpload

OVERRIDES = "run.json"
CONVENTION = "uploads/<task>/<name>/<file>"
FROM_KEY = ("name", "dataset.task", "dataset.uri", "dataset.version")
"""Request fields derived from the object itself."""


@dataclass(frozen=True)
class Upload:
    """An object version under `uploads/`; `version` is the S3 version id, or the ETag in an unversioned bucket."""

    bucket: str
    key: str
    version: str

    @property
    def digest(self) -> str:
        return upload_digest(self.bucket, self.key, self.version)

    @property
    def idempotency_key(self) -> str:
        # The newline keeps any API caller from sending the same key.
        return f"upload\n{self.digest}"

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def overrides_uri(self) -> str:
        return f"{self.uri.rpartition('/')[0]}/{OVERRIDES}"

    @property
    def starts_nothing(self) -> bool:
        """True for run.json itself and for the empty objects that consoles create as folders."""
        return self.key.endswith((f"/{OVERRIDES}", "/"))

    @property
    def task_and_name(self) -> tuple[str, str]:
        """Task and name from the object key. Raises InvalidUpload."""
        parts = self.key.split("/")
        if len(parts) != 4 or parts[0] != "uploads" or not all(parts):
            raise InvalidUpload(f"key: does not fit {CONVENTION}")
        return parts[1], parts[2]


def upload_digest(bucket: str, key: str, version: str) -> str:
    """SHA-256 of bucket, key and version."""
    return hashlib.sha256("\n".join((bucket, key, version)).encode()).hexdigest()


def upload_request(upload: Upload, overrides: bytes | None, *, version_id: str | None) -> RunRequest:
    """Builds the request of an upload. Raises InvalidUpload with all errors."""
    task, name = upload.task_and_name
    given = _overrides(overrides)
    dataset = given.get("dataset", {})
    if not isinstance(dataset, Mapping):
        raise InvalidUpload(f"{OVERRIDES}: dataset: must be an object")
    clashes = [field for field in FROM_KEY if _has(given, field)]
    if clashes:
        raise InvalidUpload(*(f"{OVERRIDES}: {field}: comes from the object itself; remove it" for field in clashes))
    own = {"task": task, "uri": upload.uri, "version": version_id}
    try:
        return RunRequest.model_validate({**given, "name": name, "dataset": {**dataset, **own}})
    except ValidationError as error:
        raise InvalidUpload(*_problems(error)) from error


def _overrides(text: bytes | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidUpload(f"{OVERRIDES}: is not JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise InvalidUpload(f"{OVERRIDES}: must be one JSON object")
    return found


def _has(given: Mapping[str, Any], field: str) -> bool:
    outer, _, inner = field.partition(".")
    return inner in given.get(outer, {}) if inner else outer in given


def _problems(error: ValidationError) -> Iterator[str]:
    for found in error.errors():
        field = ".".join(map(str, found["loc"]))
        source = "key" if field in FROM_KEY else OVERRIDES
        yield f"{source}: {field}: {validation_message(found)}"
