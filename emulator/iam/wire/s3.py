"""Amazon S3: objects, multipart uploads, listings."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from emulator.iam.authorizer import Check
from emulator.iam.wire.request import Lookups, WireRequest

WRITES = frozenset({"PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"})
COPIES = frozenset({"CopyObject", "UploadPartCopy"})
READS = frozenset({"GetObject", "HeadObject"})
LISTS = frozenset({"ListObjects", "ListObjectsV2", "HeadBucket"})
OTHER_ACTIONS = {
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
}
"""Operations whose action has a different name."""


def checks(request: WireRequest, lookups: Lookups) -> Iterator[Check]:
    """Yield the checks: a part needs the same as the whole object; a copy also needs read access to its source."""
    bucket, key = request.label(0), request.label(1)
    target = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    if request.name in READS:
        yield from _read(bucket, key, request.query.get("versionId", ""), lookups)
    elif request.name in WRITES | COPIES:
        yield Check("s3:PutObject", target)
        yield from _copied(request, lookups)
        if request.headers.get("x-amz-tagging"):
            yield Check("s3:PutObjectTagging", target)
    elif request.name in LISTS:
        yield Check("s3:ListBucket", target, _listing(request))
    elif request.name == "DeleteObjects":
        yield Check("s3:DeleteObject", f"{target}/*")
    elif request.name == "DeleteObject":
        yield Check("s3:DeleteObjectVersion" if request.query.get("versionId") else "s3:DeleteObject", target)
    else:
        yield Check(f"s3:{OTHER_ACTIONS.get(request.name, request.name)}", target if bucket else "*")


def _read(bucket: str, key: str, version: str, lookups: Lookups) -> Iterator[Check]:
    yield Check("s3:GetObjectVersion" if version else "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
    if not lookups.object_exists(bucket, key, version):
        # S3 returns 404 for a missing object only to callers who may list the bucket; others get 403
        yield Check("s3:ListBucket", f"arn:aws:s3:::{bucket}")


def _copied(request: WireRequest, lookups: Lookups) -> Iterator[Check]:
    source, _, version = request.headers.get("x-amz-copy-source", "").partition("?versionId=")
    if source:
        bucket, _, key = unquote(source).removeprefix("/").partition("/")
        yield from _read(bucket, key, version, lookups)


def _listing(request: WireRequest) -> dict[str, str | None]:
    if request.name == "HeadBucket":
        return {}
    query = request.query
    return {
        "s3:prefix": query.get("prefix", ""),
        "s3:delimiter": query.get("delimiter"),
        "s3:max-keys": query.get("max-keys"),
    }
