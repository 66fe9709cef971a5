"""Amazon SNS and Amazon SQS, in their query and JSON protocols."""

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


def form_field(request: WireRequest, name: str) -> str:
    """A value of the form or the JSON body; '' where there is none."""
    if name in request.fields:
        return str(request.fields[name])
    return parse_qs(request.body.decode(errors="replace")).get(name, [""])[0]
