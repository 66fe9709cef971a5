"""Alarms of the stack on the emulated AWS: their metrics can be read back, and each fires once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


def alarms(bench: StackHarness) -> dict[str, dict[str, Any]]:
    found = bench.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix("rft-"): alarm for alarm in found}


def fired(bench: StackHarness) -> list[str]:
    """Names of alarms, one for each message of the alarm topic."""
    topic = bench.aws.stack.outputs["AlarmTopicArn"]
    return [m["message"]["AlarmName"].removeprefix("rft-") for m in bench.aws.messages(topic)]


def test_a_failed_run_and_its_metrics_reach_the_alarm_topic_once(bench: StackHarness) -> None:
    run_id = bench.start("alarming", b"no dataset")
    assert bench.wait(run_id).status == "FAILED"

    def alarmed() -> bool:
        bench.aws.invoke("PublishEvents", b'{"detail-type": "Scheduled Event"}')
        return "RunsFailedAlarm" in fired(bench)

    eventually(alarmed, "the alarm of a failed run")
    assert fired(bench).count("RunsFailedAlarm") == 1
    now = datetime.now(UTC)
    dimensions = [{"Name": "stack", "Value": "rft"}, {"Name": "status", "Value": "FAILED"}]
    (point,) = bench.aws.client("cloudwatch").get_metric_statistics(
        Namespace="RftControlPlane",
        MetricName="RunsEnded",
        Dimensions=dimensions,
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=7200,
        Statistics=["Sum"],
    )["Datapoints"]
    assert point["Sum"] == 1.0


def test_each_alarm_fires_once_and_returns_to_ok(bench: StackHarness) -> None:
    for name, alarm in alarms(bench).items():
        eventually(partial(is_over, bench, name), f"{name} to be over")  # an earlier run may have raised it
        before = fired(bench).count(name)
        if name == "DeadLettersAlarm":
            url = bench.aws.stack.outputs["DeadLettersUrl"]
            bench.aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({}))
            eventually(lambda: alarms(bench)["DeadLettersAlarm"]["StateValue"] == "ALARM")
            bench.aws.client("sqs").purge_queue(QueueUrl=url)
        else:
            breach(bench, alarm, before)
        assert fired(bench).count(name) == before + 1, name
        eventually(partial(is_over, bench, name), f"{name} to be over")


def is_over(bench: StackHarness, name: str) -> bool:
    return bool(alarms(bench)[name]["StateValue"] == "OK")


def breach(bench: StackHarness, alarm: dict[str, Any], before: int) -> None:
    """Give the alarm's metric values over its threshold until it fires; periods pass 600 times faster here."""
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    name = alarm["AlarmName"].removeprefix("rft-")

    def in_alarm() -> bool:
        bench.aws.metrics.put(alarm["Namespace"], {alarm["MetricName"]: alarm["Threshold"] + 1}, dimensions)
        return fired(bench).count(name) > before

    eventually(in_alarm, f"{name} to fire")
