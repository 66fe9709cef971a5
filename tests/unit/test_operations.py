"""Alarms, dashboard and idle cost of the template, and docs/operations.md."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft.observability import NAMESPACE
from tests.kit.idle_cost import idle_month
from tests.kit.project import RESOURCES, ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()
ALARMS: dict[str, dict[str, Any]] = {
    name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == "AWS::CloudWatch::Alarm"
}
alarms = pytest.mark.parametrize("name", ALARMS)


def test_an_idle_stack_costs_at_most_two_dollars_a_month_as_the_page_says() -> None:
    parts = idle_month()
    total = sum(parts.values())
    assert total <= 2.0
    rows = dict(re.findall(r"^\| ([\w' -]+) \| (\d\.\d\d) \|$", PAGE, re.MULTILINE))
    assert rows == {**{name: f"{usd:.2f}" for name, usd in parts.items()}, "total": f"{total:.2f}"}


@alarms
def test_an_alarm_names_its_procedure(name: str) -> None:
    anchor = ALARMS[name]["AlarmDescription"].rpartition("docs/operations.md#")[2]
    assert anchor == name.lower()
    assert re.search(rf"^### {name}$", PAGE, re.MULTILINE)


@alarms
def test_an_alarm_is_sent_and_quiet_without_data(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"


def test_alarms_cover_every_part() -> None:
    assert len(ALARMS) >= 8
    spaces = {properties["Namespace"] for properties in ALARMS.values()}
    assert spaces == {NAMESPACE, "AWS/SQS", "AWS/Lambda", "AWS/ApiGateway"}


def test_alarms_can_publish_to_their_encrypted_topic() -> None:
    assert RESOURCES["AlarmTopic"]["Properties"]["KmsMasterKeyId"] == {
        "Fn::If": ["HasDataKmsKey", {"Ref": "DataKmsKeyArn"}, {"Ref": "AlarmKey"}]
    }
    (statement,) = [
        s for s in RESOURCES["AlarmKey"]["Properties"]["KeyPolicy"]["Statement"] if "Service" in s["Principal"]
    ]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_the_dashboard_is_json_within_the_free_tier_and_without_run_ids() -> None:
    (body,) = RESOURCES["Dashboard"]["Properties"]["DashboardBody"].values()
    widgets = json.loads(re.sub(r"\$\{[\w:.]+\}", "x", body))["widgets"]
    metrics = [metric for widget in widgets for metric in widget["properties"]["metrics"]]
    assert len(metrics) <= 50, "a free dashboard has up to 50 metrics"
    assert "run_id" not in body
    ends = {metric[-1] for metric in widgets[0]["properties"]["metrics"]}
    assert ends <= set(RunStatus)
