"""Deploys a stack's alarms, which moto's CloudFormation does not support."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from emulator.cloudformation.template import StackTemplate

Resolve = Callable[[Any], Any]
"""Resolves the intrinsic functions in part of a template."""


def delete_alarms(logical_ids: Collection[str], cloudwatch: Any, *, stack_name: str) -> None:
    """Delete alarms that were removed from the stack. `cloudwatch` is a boto3 client."""
    if logical_ids:
        cloudwatch.delete_alarms(AlarmNames=[f"{stack_name}-{logical_id}" for logical_id in logical_ids])


def deploy_alarms(template: StackTemplate, resolve: Resolve, cloudwatch: Any, *, stack_name: str) -> None:
    """Create or update each alarm. `cloudwatch` is a boto3 client. Names have no random suffix, unlike on AWS."""
    for logical_id, resource in template.of_type("AWS::CloudWatch::Alarm"):
        properties = resolve(resource["Properties"])
        numbers = {name: float(properties[name]) for name in ("Threshold",) if name in properties}
        counts = {name: int(properties[name]) for name in ("Period", "EvaluationPeriods") if name in properties}
        cloudwatch.put_metric_alarm(**{**properties, **numbers, **counts, "AlarmName": f"{stack_name}-{logical_id}"})
