"""KMS permissions that a request on an encrypted resource needs in addition to those on the resource. Pure.

The services call AWS KMS on behalf of the caller: Amazon S3 User Guide, "Using server-side encryption with AWS KMS
keys"; Amazon SNS and Amazon SQS Developer Guides, "Key management"; Amazon DynamoDB Developer Guide, "DynamoDB
encryption at rest: usage notes" (reading and writing items needs Decrypt on the table's key).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

USES: Mapping[str, tuple[str, ...]] = {
    "s3:GetObject": ("Decrypt",),
    "s3:GetObjectVersion": ("Decrypt",),
    "s3:PutObject": ("Decrypt", "GenerateDataKey"),  # Decrypt is needed for multipart uploads
    "sns:Publish": ("Decrypt", "GenerateDataKey"),
    "sqs:SendMessage": ("Decrypt", "GenerateDataKey"),
    "sqs:ReceiveMessage": ("Decrypt",),
}
"""Action on a resource → KMS actions on its key."""


def uses_of_key(action: str, resource: str, keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (KMS action, key ARN). `keys` maps ARNs of buckets, tables, topics and queues to ARNs of keys.

    AWS managed keys (aliases) need no check: all principals of the account may use them through the service.
    """
    key = keys.get(_encrypted_whole(resource), "")
    if not key or "alias/" in key:
        return
    service, _, name = action.partition(":")
    on_items = service == "dynamodb" and ("Item" in name or name in ("Query", "Scan"))
    for use in ("Decrypt",) if on_items else USES.get(action, ()):
        yield f"kms:{use}", key


def _encrypted_whole(resource: str) -> str:
    """Return the encrypted resource: the bucket of an object, the table of an index, else the resource itself."""
    if resource.startswith("arn:aws:s3:::"):
        return resource.partition("/")[0]
    return resource.partition("/index/")[0]
