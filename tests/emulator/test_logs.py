"""CloudWatch Logs: output of functions and Lambda's platform lines."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from emulator import Emulator
from emulator.faults import Fault
from tests.kit.project import ROOT

pytestmark = pytest.mark.emulator

PROBE_GROUP = "/aws/lambda/small/Probe"


def messages(aws: Emulator, group: str, **filters: Any) -> list[str]:
    found = aws.client("logs").filter_log_events(logGroupName=group, **filters)["events"]
    return [event["message"] for event in found]


def probe(aws: Emulator, **event: Any) -> list[str]:
    """Invoke in a new process and return the log lines: `platform.<type>` or the text."""
    aws.faults.add(Fault(service="lambda", operation="Invoke", subject="Probe", effect="cold_start"))
    before = len(messages(aws, PROBE_GROUP))
    aws.client("lambda").invoke(FunctionName="Probe", Payload=json.dumps(event))
    lines = messages(aws, PROBE_GROUP)[before:]
    return [json.loads(line)["type"] if line.startswith('{"time"') else line for line in lines]


def test_output_is_logged_between_start_and_report(aws: Emulator) -> None:
    assert probe(aws, do="echo") == ["platform.start", "echoing", "platform.report"]


def test_output_without_a_newline_and_before_a_crash_is_logged(aws: Emulator) -> None:
    lines = probe(aws, do="exit", text="last words")
    assert lines == ["platform.start", "last words", "platform.runtimeDone", "platform.report"]


def test_a_timeout_is_the_status_in_the_report(aws: Emulator) -> None:
    probe(aws, do="sleep", seconds=60)
    assert json.loads(messages(aws, PROBE_GROUP)[-1])["record"]["status"] == "timeout"


def test_log_format_text_gives_start_end_and_report_lines(aws: Emulator) -> None:
    name = next(spec.name for spec in aws.stack.functions if spec.logical_id == "GradeLength")
    aws.invoke(name, b"[]")
    start, end, report = messages(aws, f"/aws/lambda/{name}")
    request_id = start.split()[2]
    assert start == f"START RequestId: {request_id} Version: $LATEST"
    assert end == f"END RequestId: {request_id}"
    figures = r"Duration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Dur"
    assert re.match(rf"REPORT RequestId: {request_id}\t{figures}", report)


def test_a_process_has_its_own_log_stream_and_knows_its_name(aws: Emulator) -> None:
    aws.invoke("Probe", b'{"do": "exit"}')
    environ = json.loads(aws.invoke("Probe", b'{"do": "environ"}'))["environ"]
    assert environ["AWS_LAMBDA_LOG_GROUP_NAME"] == PROBE_GROUP
    assert (environ["AWS_LAMBDA_LOG_FORMAT"], environ["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "WARN")
    stream = environ["AWS_LAMBDA_LOG_STREAM_NAME"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/small-Probe-\w+\[\$LATEST\][0-9a-f]{32}", stream)
    assert messages(aws, PROBE_GROUP, logStreamNames=[stream])


def test_a_role_without_log_permissions_writes_no_logs(aws: Emulator) -> None:
    groups = {each["logGroupName"] for each in aws.client("logs").describe_log_groups()["logGroups"]}
    role = next(arn for arn, found in aws.authorizer.policies.roles.items() if found.logical_id == "BedrockRole")
    arn = aws.add_function("silent", ROOT / "tests/fixtures/emulator_stack/functions/grade_length")
    aws.client("lambda").update_function_configuration(FunctionName="silent", Role=role)
    assert aws.invoke(arn, b"[]") == b"[]"
    after = {each["logGroupName"] for each in aws.client("logs").describe_log_groups()["logGroups"]}
    assert after == groups
