"""Moto's CloudWatch: stores metric data and the stack's alarms with their states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.sqs.models import sqs_backends

from emulator.cloudwatch.evaluation import AlarmRule

MAX_DATA = 20_000
"""Maximum data points stored; moto has no limit."""


@dataclass(frozen=True)
class MetricKey:
    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> MetricKey:
        return cls(namespace, name, frozenset(dimensions.items()))


@dataclass(frozen=True)
class AlarmState:
    """Configuration and current state of an alarm on one metric. `period` is in seconds."""

    name: str
    arn: str
    description: str
    key: MetricKey
    state: str
    threshold: float
    statistic: str
    comparison: str
    period: float
    periods: int
    datapoints: int
    missing: str
    actions: tuple[str, ...]

    def rule(self, speed: float) -> AlarmRule:
        """Return the rule to evaluate, with its period converted to real seconds."""
        return AlarmRule(
            comparison=self.comparison,
            threshold=self.threshold,
            statistic=self.statistic,
            period=self.period / speed,
            periods=self.periods,
            datapoints=self.datapoints,
            missing=self.missing,
        )


class MetricStore:
    def __init__(self, *, account: str, region: str) -> None:
        self._account, self._region = account, region

    def put(self, namespace: str, figures: Mapping[str, float], dimensions: Mapping[str, str]) -> None:
        """Store one data point per metric, with the current time."""
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        at = datetime.now(UTC).replace(tzinfo=None)
        shared = {"Dimensions": named, "Timestamp": at}
        data = [{"MetricName": name, "Value": value, **shared} for name, value in figures.items()]
        self._backend.put_metric_data(namespace, data)
        del self._backend.metric_data[:-MAX_DATA]

    def alarms(self) -> Iterator[AlarmState]:
        """Yield the alarms on a single metric (not composite or metric math alarms)."""
        for alarm in list(self._backend.alarms.values()):
            if alarm.metric_name:
                yield _state(alarm)

    def set_state(self, name: str, state: str, reason: str) -> None:
        self._backend.set_alarm_state(name, reason, "{}", state)

    def gauges(self, key: MetricKey) -> Iterator[float]:
        """Yield the current value of a metric that a service measures itself: the visible messages of a queue."""
        if key.namespace != "AWS/SQS" or key.name != "ApproximateNumberOfMessagesVisible":
            return
        queues = sqs_backends[self._account][self._region].queues
        for name, value in key.dimensions:
            if name == "QueueName" and value in queues:
                yield float(queues[value].approximate_number_of_messages)

    @property
    def _backend(self) -> Any:
        return cloudwatch_backends[self._account][self._region]


def _state(alarm: Any) -> AlarmState:
    dimensions = {dimension.name: dimension.value for dimension in alarm.dimensions}
    periods = int(alarm.evaluation_periods)
    return AlarmState(
        name=alarm.name,
        arn=alarm.alarm_arn,
        description=alarm.description or "",
        key=MetricKey.of(alarm.namespace, alarm.metric_name, dimensions),
        state=alarm.state_value,
        threshold=float(alarm.threshold),
        statistic=alarm.extended_statistic or alarm.statistic,
        comparison=alarm.comparison_operator,
        period=float(alarm.period),
        periods=periods,
        datapoints=int(alarm.datapoints_to_alarm or periods),
        missing=alarm.treat_missing_data or "missing",
        actions=tuple(alarm.alarm_actions or ()),
    )
