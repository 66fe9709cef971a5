"""Moto's EventBridge: reads the default bus's rules and forwards matching events to this emulator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from moto.events.models import Rule, events_backends

from emulator.moto.account import ACCOUNT

OWN_SERVICES = frozenset({"lambda", "states"})
"""Services whose targets the emulator delivers to; moto delivers to the others."""

SCHEDULER = "aws.events"
"""Source of a schedule's events."""


@dataclass(frozen=True)
class EventTarget:
    """One target of a rule. `settings` is the target as given to PutTargets (Arn, Input, RetryPolicy)."""

    rule_arn: str
    settings: Mapping[str, Any]

    @property
    def arn(self) -> str:
        return str(self.settings["Arn"])


@dataclass(frozen=True)
class EventRule:
    """An enabled rule. `send` delivers an event to its targets if it matches the pattern or is the rule's schedule."""

    arn: str
    name: str
    send: Callable[[dict[str, Any]], None]


Deliver = Callable[[EventTarget, dict[str, Any]], None]
"""Called with a target and the event that matched its rule."""


def pattern_rules(region: str) -> list[EventRule]:
    """Return the enabled rules of the default bus that have an event pattern."""
    return [_rule(rule) for rule in _enabled(region) if rule.event_pattern.get_pattern()]


def rates(region: str) -> dict[str, float]:
    """Return the interval in seconds of each enabled rule with a rate schedule, by rule name."""
    found = ((rule, _RATE.fullmatch(rule.scheduled_expression or "")) for rule in _enabled(region))
    return {rule.name: int(rate[1]) * _SECONDS[rate[2]] for rule, rate in found if rate}


def scheduled_rule(region: str, name: str) -> EventRule | None:
    """Return the enabled scheduled rule with this name; returns None if it was removed or disabled."""
    return next((_rule(rule) for rule in _enabled(region) if rule.name == name and rule.scheduled_expression), None)


def replacements(deliver: Deliver) -> Iterator[tuple[Any, str, Any]]:
    yield Rule, "send_to_targets", _delivering(Rule.send_to_targets, deliver)


def _rule(rule: Any) -> EventRule:
    return EventRule(rule.arn, rule.name, rule.send_to_targets)


def _enabled(region: str) -> list[Any]:
    rules = events_backends[ACCOUNT][region].event_buses["default"].rules.values()
    return [rule for rule in list(rules) if rule.state == "ENABLED"]


_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def _delivering(original: Callable[..., None], deliver: Deliver) -> Callable[..., None]:
    """Use `deliver` for Lambda and Step Functions targets, and moto's own delivery for others."""

    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:  # noqa: FBT001, FBT002
        if not self.event_pattern.get_pattern() and not _is_firing_of(self, original_event):
            return  # moto hands each event that is put on the bus to all rules with a schedule
        own = [target for target in self.targets if target["Arn"].split(":")[2] in OWN_SERVICES]
        if own and self.state == "ENABLED" and self.event_pattern.matches_event(original_event):
            for target in own:
                deliver(EventTarget(self.arn, target), original_event)
        rest = SimpleNamespace(**vars(self), arn=self.arn)
        rest.targets = [target for target in self.targets if target not in own]
        for method in _SENDERS:
            setattr(rest, method, getattr(self, method))
        original(rest, original_event, transform_input)

    return send_to_targets


def _is_firing_of(rule: Any, event: Mapping[str, Any]) -> bool:
    # PutEvents refuses sources that begin with `aws.` (EventBridge API Reference, PutEventsRequestEntry)
    return bool(event["source"] == SCHEDULER and event["resources"] == [rule.arn])


_SENDERS = ("_send_to_cw_log_group", "_send_to_events_archive", "_send_to_sqs_queue", "_find_api_destination")
