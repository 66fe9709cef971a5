"""Validates a job's dataset when the job reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rft.contracts.dataset import DatasetRow

MIN_ROWS, MAX_ROWS = 100, 20_000
"""Minimum and maximum training records of a reinforcement fine-tuning job (Bedrock User Guide)."""


class DataRefused(Exception):
    """The data is invalid or cannot be read; the message becomes the job's failure message."""


def training_rows(s3: Any, uri: str) -> list[DatasetRow]:
    """Read and validate the training rows at an S3 URI, including their number. Raises DataRefused."""
    rows = read_rows(s3, uri)
    if not MIN_ROWS <= len(rows) <= MAX_ROWS:
        raise DataRefused(f"{uri} has {len(rows)} records; {MIN_ROWS} to {MAX_ROWS} are required.")
    return rows


def read_all_rows(s3: Any, request: Mapping[str, Any]) -> list[DatasetRow]:
    """Read all rows of a job, including validation rows. Raises DataRefused."""
    held_out = request.get("validationDataConfig", {}).get("validators", [])
    uris = [request["trainingDataConfig"]["s3Uri"], *(each["s3Uri"] for each in held_out)]
    return [row for uri in uris for row in read_rows(s3, uri)]


def read_rows(s3: Any, uri: str) -> list[DatasetRow]:
    """Read the rows at an S3 URI and validate their format. Raises DataRefused."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        code, text = error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise DataRefused(f"{uri} could not be read: {code}: {text}") from error
    return [_row(line, at, uri) for at, line in enumerate(body.splitlines(), start=1) if line.strip()]


def _row(line: bytes, at: int, uri: str) -> DatasetRow:
    try:
        return DatasetRow.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DataRefused(f"{uri}, line {at}: {field}: {first['msg']}") from error
