"""Amazon SNS and Amazon SQS, in their query and JSON protocols, and Amazon EventBridge."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

from emulator.iam.authorizer import Check
from emulator.iam.wire.request import Lookups, WireRequest


def sns_checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """Yield the check on the topic, or on `*` for a phone number."""
    yield Check(f"sns:{request.name}", form_field(request, "TopicArn") or form_field(request, "TargetArn") or "*")


def sqs_checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """Yield the check on the queue, by its URL or name."""
    name = form_field(request, "QueueUrl").rpartition("/")[2] or form_field(request, "QueueName")
    action = request.name.removesuffix("Batch")
    yield Check(f"sqs:{action}", request.arn("sqs", name) if name else "*")


def events_checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """Yield one check per PutEvents entry, with source and detail-type; other operations are checked on `*`."""
    if request.name != "PutEvents":
        yield Check(f"events:{request.name}", "*")
    for entry in request.fields.get("Entries", ()):
        bus = str(entry.get("EventBusName", "default"))
        arn = bus if bus.startswith("arn:") else request.arn("events", f"event-bus/{bus}")
        keys = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        yield Check("events:PutEvents", arn, keys)


def form_field(request: WireRequest, name: str) -> str:
    """Return a field of the form or JSON body; '' if it is missing."""
    if name in request.fields:
        return str(request.fields[name])
    return parse_qs(request.body.decode(errors="replace")).get(name, [""])[0]
