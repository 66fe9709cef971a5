"""Uploads a request's local dataset file, so that the API can read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rft_client.deployment import Deployment
from rft_client.request import Request, validated, with_fields
from rft_client.upload import LocalDataset, is_local, local_dataset


def with_uploaded_dataset(
    request: Request, target: Deployment, *, announce: Callable[[LocalDataset, str], None] = lambda _file, _uri: None
) -> Request:
    """Replaces a local dataset path with an S3 URI and uploads the file, after validation of the request.

    Raises RftClientError, and botocore errors if the upload fails.
    """
    local = _local_dataset(request)
    if local is None:
        return validated(request)
    uri = local.uri(target.bucket)
    ready = validated(with_fields(request, [("dataset.uri", uri)]))
    announce(local, uri)
    local.upload(target.s3(), target.bucket)
    return ready


def _local_dataset(request: Request) -> LocalDataset | None:
    """The request's local dataset file; None for a URI, or without a dataset."""
    dataset = request.get("dataset")
    uri, task = (dataset.get("uri"), dataset.get("task")) if isinstance(dataset, dict) else (None, None)
    return local_dataset(Path(uri), str(task)) if isinstance(uri, str) and is_local(uri) else None
