"""With the other modules named `moto_…` the only one that knows moto's private names.

Moto is pinned for their sake.

moto serves most of AWS, but runs state machines only when told to, sleeps in real time, leaves JSONata out, and does
not deliver EventBridge events to Lambda or Step Functions. `installed` changes that for as long as it is entered.
moto keeps its state per process, so there is one emulator per process at a time.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto import backends
from moto.cloudformation import parsing as cloudformation_parsing
from moto.cloudformation.models import cloudformation_backends
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.events.models import Rule
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3 import notifications
from moto.sns.models import sns_backends

from emulator.clock import ScaledClock
from emulator.moto import dynamodb as moto_dynamodb
from emulator.moto import step_functions as moto_step_functions

ACCOUNT = "123456789012"

Deliver = Callable[[dict[str, Any], dict[str, Any]], None]
"""Takes a rule's target and the event that matched."""

PutEvent = Callable[[str, str, dict[str, Any], list[str]], None]
"""Takes an event's source, detail-type, detail and resources."""


class RequestHandler(MotoRequestHandler):  # type: ignore[misc]
    """Reads requests as moto needs them."""


@contextmanager
def installed(
    *,
    port: Callable[[], int],
    clock: ScaledClock,
    deliver: Deliver,
    put_event: PutEvent,
    execution_ended: Callable[[Any], None],
) -> Iterator[None]:
    """Moto as this emulator needs it; on leaving, executions are stopped, state is dropped and moto is as before.

    `port` gives the AWS endpoint's port once known. `deliver` gets events for Lambda and Step Functions targets,
    `put_event` those that S3 sends to EventBridge; `execution_ended` gets moto's execution object when one has ended.
    """
    for noisy in ("moto", "samtranslator"):
        logging.getLogger(noisy).addHandler(logging.NullHandler())
    _reset()
    with ExitStack() as changes:
        changes.enter_context(patch.dict(default_user_config["stepfunctions"], execute_state_machine=True))
        changes.enter_context(patch.dict(default_user_config["lambda"], use_docker=False))
        changes.enter_context(patch.dict(os.environ, {"MOTO_EVENTS_INVOKE_HTTP": "false"}))
        moto_replacements = (*_replacements(deliver, put_event), *moto_dynamodb.replacements())
        ours = (*moto_replacements, *moto_step_functions.replacements(port, clock, execution_ended))
        for target, name, value in ours:
            changes.enter_context(patch.object(target, name, value))
        try:
            yield
        finally:
            moto_step_functions.stop_executions()
            moto_step_functions.join_executions()
            _reset()


def aws_application() -> Any:
    """Moto's WSGI application for all of its services."""
    return DomainDispatcherApplication(create_backend_app)


def supported_by_cloudformation(resource_type: str) -> bool:
    """True where moto's CloudFormation creates such a resource."""
    return resource_type in cloudformation_parsing.get_model_map()


def resolved(stack_id: str, region: str, value: Any) -> Any:
    """A piece of a stack's template with its intrinsic functions resolved."""
    return cloudformation_parsing.clean_json(
        value, cloudformation_backends[ACCOUNT][region].stacks[stack_id].resource_map
    )


def published_messages(topic_arn: str, region: str) -> list[dict[str, Any]]:
    """What was published to an SNS topic: subject and message, oldest first; JSON messages are decoded."""
    topic = sns_backends[ACCOUNT][region].topics[topic_arn]
    return [{"subject": note[2], "message": _decoded(note[1])} for note in topic.sent_notifications]


def rules_of_default_bus(region: str) -> list[Any]:
    """The enabled EventBridge rules, moto's own objects with `send_to_targets(event)`, but for schedules."""
    return [rule for rule in _enabled_rules(region) if rule.event_pattern.get_pattern()]


def schedules_of_default_bus(region: str) -> dict[str, float]:
    """The enabled rules that fire at a rate, by name, with seconds between two firings."""
    found = ((rule, _RATE.fullmatch(rule.scheduled_expression or "")) for rule in _enabled_rules(region))
    return {rule.name: int(rate[1]) * _SECONDS[rate[2]] for rule, rate in found if rate}


def schedule_of_default_bus(region: str, name: str) -> Any:
    """An enabled rule by name, moto's own object; None where there is none any more."""
    return next((rule for rule in _enabled_rules(region) if rule.name == name and rule.scheduled_expression), None)


def _enabled_rules(region: str) -> list[Any]:
    from moto.events.models import events_backends  # noqa: PLC0415  (needed only when an event is put)

    rules = events_backends[ACCOUNT][region].event_buses["default"].rules.values()
    return [rule for rule in list(rules) if rule.state == "ENABLED"]


_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def _reset() -> None:
    BackendDict.reset()
    reset_model_data()


def _replacements(deliver: Deliver, put_event: PutEvent) -> Iterator[tuple[Any, str, Any]]:
    yield cloudformation_parsing, "clean_json", _without_no_value(cloudformation_parsing.clean_json)
    yield notifications, "_send_event_bridge_message", _announcing_objects(put_event)
    modules = tuple(backends.list_of_moto_modules())  # moto would list its folders at each request
    yield backends, "list_of_moto_modules", lambda: modules
    yield Rule, "send_to_targets", _delivering(Rule.send_to_targets, deliver)


def _without_no_value(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Moto leaves a None in a list where `AWS::NoValue` stood."""

    def clean_json(value: Any, resources: Any) -> Any:
        cleaned = original(value, resources)
        return [item for item in cleaned if item is not None] if isinstance(value, list) else cleaned

    return clean_json


def _delivering(original: Callable[..., None], deliver: Deliver) -> Callable[..., None]:
    """Moto's own delivery for the targets it knows; `deliver` for Lambda and Step Functions."""

    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:  # noqa: FBT001, FBT002
        ours = [t for t in self.targets if t["Arn"].split(":")[2] in ("lambda", "states")]
        if ours and self.state == "ENABLED" and self.event_pattern.matches_event(original_event):
            for target in ours:
                deliver(target, original_event)
        rest = SimpleNamespace(**vars(self), arn=self.arn)
        rest.targets = [t for t in self.targets if t not in ours]
        for method in (
            "_send_to_cw_log_group",
            "_send_to_events_archive",
            "_send_to_sqs_queue",
            "_find_api_destination",
        ):
            setattr(rest, method, getattr(self, method))
        original(rest, original_event, transform_input)

    return send_to_targets


_REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}


def _announcing_objects(put_event: PutEvent) -> Callable[..., None]:
    """Object Created as S3 words it; moto's has no time, no order, and comes for tags that nobody set."""
    order = itertools.count(time.time_ns())

    def send(account_id: str, bucket: Any, event_name: Any, key: Any) -> None:  # noqa: ARG001
        reason = _REASONS.get(str(getattr(event_name, "value", event_name)))
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


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
