"""S3's Object Created events for EventBridge, in the format of S3."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from moto.s3 import notifications

from emulator.moto.account import ACCOUNT

PutEvent = Callable[[str, str, dict[str, Any], list[str]], None]
"""Called with an event's source, detail-type, detail and resources."""

_REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}


def replacements(put_event: PutEvent) -> Iterator[tuple[Any, str, Any]]:
    yield notifications, "_send_event_bridge_message", _sending(put_event)


def _sending(put_event: PutEvent) -> Callable[..., None]:
    # moto's events have neither time nor sequencer
    order = itertools.count(time.time_ns())

    def send(account_id: str, bucket: Any, event_name: Any, key: Any) -> None:  # noqa: ARG001
        reason = _REASONS.get(str(getattr(event_name, "value", event_name)))
        # moto also sends events of tag changes
        if reason is None:
            return
        version = {"version-id": key.version_id} if bucket.is_versioned else {}
        detail = {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": {
                "key": key.name,
                "size": key.size,
                "etag": key.etag.strip('"'),
                "sequencer": f"{next(order):016X}",
                **version,
            },
            "request-id": secrets.token_hex(8).upper(),
            "requester": ACCOUNT,
            "source-ip-address": "127.0.0.1",
            "reason": reason,
        }
        put_event("aws.s3", "Object Created", detail, [bucket.arn])

    return send
