"""A request's dataset where the API can read it: a local file is uploaded first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rft_client.deployment import Deployment
from rft_client.request import Request, validated, with_fields
from rft_client.upload import LocalDataset, is_local, local_dataset


def with_uploaded_dataset(
    request: Request, target: Deployment, *, announce: Callable[[LocalDataset, str], None] = lambda _file, _uri: None
) -> Request:
    """The request with an S3 URI in place of a local file; validated in full before the upload.

    Raises RftClientError; botocore's errors where S3 refuses.
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
    """The local file that a request names; None for a URI, or where it names nothing."""
    dataset = request.get("dataset")
    uri, task = (dataset.get("uri"), dataset.get("task")) if isinstance(dataset, dict) else (None, None)
    return local_dataset(Path(uri), str(task)) if isinstance(uri, str) and is_local(uri) else None
