"""Makes moto's stack updates behave like CloudFormation's.

Moto compares template texts, so it misses changes of resources that depend on a parameter or condition; and it
replaces rules, topics and dashboards that CloudFormation updates in place ("Update behaviors of stack resources", AWS
CloudFormation User Guide).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.cloudformation import parsing
from moto.cloudformation.parsing import ResourceMap
from moto.cloudwatch.models import Dashboard
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.events.models import EventPattern, Rule
from moto.logs.models import LogGroup
from moto.sns.models import Topic
from moto.sqs.models import Queue

Properties = Mapping[str, Any]
"""A resource's properties with intrinsic functions resolved."""


def replacements() -> Iterator[tuple[Any, str, Any]]:
    yield ResourceMap, "build_resource_diff", _differences
    yield ResourceMap, "update", _forgetting_removed(ResourceMap.update)
    yield parsing, "parse_and_update_resource", _keeping_others(parsing.parse_and_update_resource)
    for model, update in _UPDATES.items():
        yield model, "update_from_cloudformation_json", classmethod(_updating(update))


def _differences(self: Any, other_template: dict[str, Any], parameters: Any = None) -> dict[str, list[str]]:
    known = _existing(self)
    required = _required(self, other_template, self.input_parameters if parameters is None else parameters)
    return {
        "Add": [name for name in required if name not in known],
        # all that remain: a parameter or condition may have changed their properties
        "Modify": [name for name in required if name in known],
        "Remove": [name for name in known if name not in required and not _is_retained(self, name)],
    }


def _existing(resources: Any) -> list[str]:
    parsed = resources._parsed_resources
    return [name for name in resources._resource_json_map if parsed.get(name) is not None]


def _required(resources: Any, template: dict[str, Any], parameters: Mapping[str, Any]) -> list[str]:
    """Return the logical ids of the resources that a template creates with these parameters."""
    following = ResourceMap(
        resources.stack_id,
        resources["AWS::StackName"],
        dict(parameters),
        {},
        resources._region_name,
        resources._account_id,
        template,
        resources.cross_stack_resources,
    )
    following.load_mapping()
    following.load_parameters()
    following.load_conditions()
    conditions = following.lazy_condition_map
    found = template["Resources"].items()
    return [name for name, resource in found if "Condition" not in resource or conditions[resource["Condition"]]]


def _is_retained(resources: Any, name: str) -> bool:
    return str(resources._resource_json_map[name].get("DeletionPolicy", "")).startswith("Retain")


def _forgetting_removed(original: Callable[..., None]) -> Callable[..., None]:
    def update(self: Any, template: dict[str, Any], parameters: Any = None) -> None:
        removed = self.build_resource_diff(template, parameters)["Remove"]
        original(self, template, parameters)
        for name in removed:
            # moto would treat it as existing
            self._parsed_resources.pop(name, None)

    return update


def _keeping_others(original: Callable[..., Any]) -> Callable[..., Any]:
    def update(logical_id: str, resource_json: Any, resources: Any, **more: Any) -> Any:
        # moto would forget a resource that it cannot update
        return original(logical_id, resource_json, resources, **more) or resources._parsed_resources[logical_id]

    return update


def _updating(update: Callable[[Any, Properties], None]) -> Callable[..., Any]:
    def updated(_: Any, /, *, original_resource: Any, cloudformation_json: dict[str, Any], **__: Any) -> Any:
        # in place, so that the resource keeps its name and contents
        update(original_resource, cloudformation_json.get("Properties", {}))
        return original_resource

    return updated


def _update_function(function: Any, properties: Properties) -> None:
    # moto requires ARNs here
    layers = [str(getattr(layer, "arn", layer)) for layer in properties.get("Layers", [])]
    # moto would keep the values of removed properties
    defaults = {"Description": "", "MemorySize": 128, "Timeout": 3, "Environment": {"Variables": {}}}
    function.update_configuration({**defaults, **properties, "Layers": layers})
    function.update_function_code(properties["Code"])


def _update_rule(rule: Any, properties: Properties) -> None:
    pattern = properties.get("EventPattern")
    rule.event_pattern = EventPattern.load(json.dumps(pattern) if pattern else None)
    rule.scheduled_expression = properties.get("ScheduleExpression")
    rule.state = properties.get("State") or "ENABLED"
    rule.targets = list(properties.get("Targets", []))


def _update_topic(topic: Any, properties: Properties) -> None:
    topic.display_name = properties.get("DisplayName", "")
    topic.kms_master_key_id = properties.get("KmsMasterKeyId", "")


def _update_queue(queue: Any, properties: Properties) -> None:
    for name, default in _QUEUE_DEFAULTS.items():
        setattr(queue, camelcase_to_underscores(name), int(properties.get(name, default)))


def _update_dashboard(dashboard: Any, properties: Properties) -> None:
    dashboard.body = properties["DashboardBody"]


def _update_log_group(group: Any, properties: Properties) -> None:
    group.retention_in_days = properties.get("RetentionInDays")


def _update_table(table: Any, properties: Properties) -> None:
    # other schema changes require a new table
    required = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", [])}
    present = {index.name for index in table.global_indexes}
    changes = [{"Delete": {"IndexName": name}} for name in present - set(required)]
    changes += [{"Create": index} for name, index in required.items() if name not in present]
    table.attr = properties["AttributeDefinitions"]
    dynamodb_backends[table.account_id][table.region_name].update_table_global_indexes(table, changes)


_QUEUE_DEFAULTS: Mapping[str, int] = {
    "DelaySeconds": 0,
    "MaximumMessageSize": 262_144,
    "MessageRetentionPeriod": 345_600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "VisibilityTimeout": 30,
}
"""Source: AWS CloudFormation User Guide, AWS::SQS::Queue."""

_UPDATES: Mapping[type[Any], Callable[[Any, Properties], None]] = {
    LambdaFunction: _update_function,
    Rule: _update_rule,
    Topic: _update_topic,
    Queue: _update_queue,
    Dashboard: _update_dashboard,
    LogGroup: _update_log_group,
    Table: _update_table,
}
