"""What a request on an encrypted resource needs of the resource's key, besides the right on the resource. Pure.

AWS KMS is asked on behalf of who makes the request: Amazon S3 User Guide, "Using server-side encryption with AWS KMS
keys"; Amazon SNS and Amazon SQS Developer Guides, "Key management"; Amazon DynamoDB Developer Guide, "DynamoDB
encryption at rest: usage notes" (a table's key is decrypted for whoever reads or writes items).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

USES: Mapping[str, tuple[str, ...]] = {
    "s3:GetObject": ("Decrypt",),
    "s3:GetObjectVersion": ("Decrypt",),
    "s3:PutObject": ("Decrypt", "GenerateDataKey"),  # Decrypt for the parts of an upload
    "sns:Publish": ("Decrypt", "GenerateDataKey"),
    "sqs:SendMessage": ("Decrypt", "GenerateDataKey"),
    "sqs:ReceiveMessage": ("Decrypt",),
}
"""Action on a resource → actions on its key."""


def uses_of_key(action: str, resource: str, keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Actions on the key with the key's ARN. `keys`: ARNs of keys by those of buckets, tables, topics and queues.

    AWS's own key of a service, an alias, is open to all principals of the account who use that service.
    """
    key = keys.get(_encrypted_whole(resource), "")
    if not key or "alias/" in key:
        return
    service, _, name = action.partition(":")
    on_items = service == "dynamodb" and ("Item" in name or name in ("Query", "Scan"))
    for use in ("Decrypt",) if on_items else USES.get(action, ()):
        yield f"kms:{use}", key


def _encrypted_whole(resource: str) -> str:
    """The bucket of an object, the table of an index; else the resource itself."""
    if resource.startswith("arn:aws:s3:::"):
        return resource.partition("/")[0]
    return resource.partition("/index/")[0]
