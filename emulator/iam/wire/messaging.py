"""Amazon SNS and Amazon SQS, in their query and JSON protocols, and Amazon EventBridge."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

from emulator.iam.authorizer import Check
from emulator.iam.wire.request import Lookups, WireRequest


def sns_checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """The topic, or a phone number's `*`."""
    yield Check(f"sns:{request.name}", form_field(request, "TopicArn") or form_field(request, "TargetArn") or "*")


def sqs_checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """The queue, by its URL or its name."""
    name = form_field(request, "QueueUrl").rpartition("/")[2] or form_field(request, "QueueName")
    action = request.name.removesuffix("Batch")
    yield Check(f"sqs:{action}", request.arn("sqs", name) if name else "*")


def events_checks(request: WireRequest, _: Lookups) -> Iterator[Check]:
    """Each event that is put on a bus, with its source and type; other operations by action."""
    if request.name != "PutEvents":
        yield Check(f"events:{request.name}", "*")
    for entry in request.fields.get("Entries", ()):
        bus = str(entry.get("EventBusName", "default"))
        arn = bus if bus.startswith("arn:") else request.arn("events", f"event-bus/{bus}")
        keys = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        yield Check("events:PutEvents", arn, keys)


def form_field(request: WireRequest, name: str) -> str:
    """A value of the form or the JSON body; '' where there is none."""
    if name in request.fields:
        return str(request.fields[name])
    return parse_qs(request.body.decode(errors="replace")).get(name, [""])[0]
