"""Alarms of a stack, which moto's CloudFormation does not create."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from emulator.cloudformation.template import StackTemplate

Resolve = Callable[[Any], Any]
"""Resolves the intrinsic functions of a piece of the template."""


def delete_alarms(logical_ids: Collection[str], cloudwatch: Any, *, stack_name: str) -> None:
    """Delete alarms that are no longer part of the stack, by a client of CloudWatch."""
    if logical_ids:
        cloudwatch.delete_alarms(AlarmNames=[f"{stack_name}-{logical_id}" for logical_id in logical_ids])


def deploy_alarms(template: StackTemplate, resolve: Resolve, cloudwatch: Any, *, stack_name: str) -> None:
    """Create or update each alarm, by a client of CloudWatch; CloudFormation would add random letters to its name."""
    for logical_id, resource in template.of_type("AWS::CloudWatch::Alarm"):
        properties = resolve(resource["Properties"])
        numbers = {name: float(properties[name]) for name in ("Threshold",) if name in properties}
        counts = {name: int(properties[name]) for name in ("Period", "EvaluationPeriods") if name in properties}
        cloudwatch.put_metric_alarm(**{**properties, **numbers, **counts, "AlarmName": f"{stack_name}-{logical_id}"})
