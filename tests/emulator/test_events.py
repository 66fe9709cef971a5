"""EventBridge: delivery of events to functions and state machines."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Emulator
from emulator.clock import ScaledClock
from emulator.eventbridge.schedules import Schedules
from emulator.eventbridge.targets import target_input
from emulator.faults import Fault
from tests.kit.emulated_jobs import let_events_invoke
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


@pytest.fixture
def delivered(aws: Emulator, tmp_path: Any) -> Any:
    """Deploy a function that receives all events; yields a callable that lists them."""
    folder = tmp_path / "listener"
    folder.mkdir()
    (folder / "app.py").write_text(
        "import json\ndef handler(event, context):\n    print('TOLD ' + json.dumps(event))\n"
    )
    name = f"listener-{tmp_path.name}"[:64]
    arn = aws.add_function(name, folder)
    let_events_invoke(aws, arn)
    events = aws.client("events")
    events.put_rule(Name="everything", EventPattern=json.dumps({"account": ["123456789012"]}))
    events.put_targets(Rule="everything", Targets=[{"Id": "listener", "Arn": arn}])

    def poll() -> list[dict[str, Any]]:
        lines = [line for line in aws.logs(name) if line.startswith("TOLD ")]
        return [json.loads(line.removeprefix("TOLD ")) for line in lines]

    yield poll
    events.remove_targets(Rule="everything", Ids=["listener"])
    events.delete_rule(Name="everything")


def test_an_upload_event_is_delivered_to_a_function(aws: Emulator, delivered: Any) -> None:
    aws.client("s3").put_object(Bucket=aws.bucket, Key="uploads/pandalm/a b.json", Body=b"[]")
    event = eventually(lambda: [e for e in delivered() if e["source"] == "aws.s3"])[0]
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["bucket"]["name"] == aws.bucket
    assert event["detail"]["object"]["key"] == "uploads/pandalm/a b.json"
    assert event["detail"]["object"]["version-id"]
    assert event["detail"]["reason"] == "PutObject"
    assert event["time"].endswith("Z")


def dead_letters(aws: Emulator) -> list[dict[str, Any]]:
    """Receive and delete the queue's messages: the event, and the cause of the failure."""
    queue = aws.stack.outputs["Queue"]
    sqs = aws.client("sqs")
    found = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"]).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    facts = [{k: v["StringValue"] for k, v in m.get("MessageAttributes", {}).items()} for m in found]
    return [{"event": json.loads(m["Body"]), **each} for m, each in zip(found, facts, strict=True)]


def refused(code: str, status: int, count: int | None) -> Fault:
    return Fault(
        service="events", operation="Deliver", subject="small-Probe", code=code, status=status, count=count,
        contains="refused-",
    )  # fmt: skip


def upload(aws: Emulator, name: str) -> None:
    aws.client("s3").put_object(Bucket=aws.bucket, Key=f"uploads/{name}", Body=b"[]")


@pytest.fixture
def _no_faults_left(aws: Emulator) -> Iterator[None]:
    yield
    aws.faults.clear()


@pytest.mark.usefixtures("_no_faults_left")
def test_a_throttled_delivery_is_retried(aws: Emulator) -> None:
    before = aws.logs("Probe").count("echoing")
    aws.faults.add(refused("ThrottlingException", 429, count=2))
    upload(aws, "refused-twice")
    eventually(lambda: aws.logs("Probe").count("echoing") > before)
    assert dead_letters(aws) == []


@pytest.mark.usefixtures("_no_faults_left")
@pytest.mark.parametrize(("code", "status", "retries"), [("InternalException", 500, "2"), ("NO_RESOURCE", 404, "0")])
def test_an_undeliverable_event_goes_to_the_rules_dead_letter_queue(
    aws: Emulator, code: str, status: int, retries: str
) -> None:
    aws.faults.add(refused(code, status, count=None))
    upload(aws, f"refused-{status}")
    (letter,) = eventually(lambda: dead_letters(aws))
    assert letter["event"]["detail"]["object"]["key"] == f"uploads/refused-{status}"
    assert (letter["ERROR_CODE"], letter["RETRY_ATTEMPTS"]) == (code, retries)
    assert "ProbeUploaded" in letter["RULE_ARN"]


def test_dead_letter_delivery_needs_permission_of_the_queue(aws: Emulator) -> None:
    events, queue = aws.client("events"), aws.client("sqs")
    arn = queue.get_queue_attributes(QueueUrl=aws.stack.outputs["Queue"], AttributeNames=["QueueArn"])["Attributes"]
    target = next(spec.arn for spec in aws.stack.functions if spec.logical_id == "Web")
    events.put_rule(Name="stranger", EventPattern=json.dumps({"source": ["aws.s3"]}))
    settings = {"Id": "web", "Arn": target, "DeadLetterConfig": {"Arn": arn["QueueArn"]}}
    events.put_targets(Rule="stranger", Targets=[settings])
    try:
        upload(aws, "for-a-stranger")
        rule = "arn:aws:events:us-east-1:123456789012:rule/stranger"
        eventually(lambda: decisions(aws, rule) == {"lambda:InvokeFunction": False, "sqs:SendMessage": False})
    finally:
        events.remove_targets(Rule="stranger", Ids=["web"])
        events.delete_rule(Name="stranger")
    assert dead_letters(aws) == []


def decisions(aws: Emulator, rule: str) -> dict[str, bool]:
    """Return the decisions on a rule's requests, by action."""
    calls = list(aws.authorizer.calls.values())
    return {
        request.action: decision.allowed
        for request, decision in calls
        if request.context.single("aws:SourceArn") == rule
    }


def test_an_upload_starts_a_state_machine_with_a_transformed_input(aws: Emulator) -> None:
    aws.client("s3").put_object(Bucket=aws.bucket, Key='runs/a "b".json', Body=b"[]")
    machines = aws.client("stepfunctions")

    def poll() -> Any:
        found = machines.list_executions(stateMachineArn=aws.state_machine_arn, statusFilter="SUCCEEDED")["executions"]
        return found and machines.describe_execution(executionArn=found[0]["executionArn"])

    execution = eventually(poll)
    assert json.loads(execution["input"]) == {"payload": {"do": "echo", "key": 'runs/a "b".json'}}


def test_a_schedule_receives_no_events(aws: Emulator, delivered: Any) -> None:
    events = aws.client("events")
    events.put_rule(Name="everything", ScheduleExpression="rate(30 minutes)")  # in place of the pattern
    events.put_rule(Name="marked", EventPattern=json.dumps({"detail": {"object": {"key": ["runs/end"]}}}))
    events.put_targets(Rule="marked", Targets=events.list_targets_by_rule(Rule="everything")["Targets"])
    for key in ("runs/some", "runs/end"):
        aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b"[]")

    def uploads() -> list[str]:
        return [e["detail"]["object"]["key"] for e in delivered() if e["source"] == "aws.s3"]

    eventually(lambda: "runs/end" in uploads())
    events.remove_targets(Rule="marked", Ids=["listener"])
    events.delete_rule(Name="marked")
    assert uploads() == ["runs/end"]


def test_a_schedule_fires(aws: Emulator, delivered: Any) -> None:
    aws.client("events").put_rule(Name="everything", ScheduleExpression="rate(30 minutes)")  # in place of the pattern
    aws.fire("everything")
    (event,) = eventually(
        lambda: [e for e in delivered() if e["source"] == "aws.events"]  # executions of other tests also emit events
    )
    assert (event["detail-type"], event["detail"]) == ("Scheduled Event", {})
    assert event["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/everything"]
    aws.fire("no such rule")


def test_an_event_on_the_bus_fires_no_schedule(aws: Emulator, delivered: Any) -> None:
    aws.client("events").put_rule(Name="everything", ScheduleExpression="rate(30 minutes)")  # in place of the pattern
    entry = {"Source": "mine", "DetailType": "News", "Detail": "{}"}
    assert aws.client("events").put_events(Entries=[entry] * 3)["FailedEntryCount"] == 0
    aws.fire("everything")
    eventually(lambda: [event for event in delivered() if event["source"] == "aws.events"])
    assert [event for event in delivered() if event["source"] == "mine"] == []


def test_schedules_fire_repeatedly_until_the_clock_is_closed() -> None:
    clock, fired = ScaledClock(speed=36_000), queue.SimpleQueue[str]()
    schedules = Schedules(fired.put, clock, minimum=0.01)
    schedules.follow({"hourly": 3600.0, "never": 1e9})
    assert [fired.get(timeout=10) for _ in range(2)] == ["hourly", "hourly"]
    schedules.follow({"daily": 86_400.0})
    while (rule := fired.get(timeout=10)) == "hourly":
        """The old rule may fire once more before it is replaced."""
    assert [rule, fired.get(timeout=10)] == ["daily", "daily"]
    clock.close()
    schedules.close()


def test_end_of_execution_is_published_once(aws: Emulator, delivered: Any) -> None:
    machines = aws.client("stepfunctions")
    arn = machines.start_execution(
        stateMachineArn=aws.state_machine_arn, name="told", input=json.dumps({"payload": {"do": "echo"}, "ask": True})
    )["executionArn"]
    machines.stop_execution(executionArn=arn, error="Console", cause="by hand")
    machines.stop_execution(executionArn=arn)

    def poll() -> list[Any]:
        return [e["detail"] for e in delivered() if e["source"] == "aws.states" and e["detail"]["name"] == "told"]

    details = eventually(poll)
    assert [(d["status"], d["error"], d["cause"]) for d in details] == [("ABORTED", "Console", "by hand")]


@pytest.mark.parametrize(("effect", "times"), [("drop", 0), ("duplicate", 2), ("delay", 1)])
def test_an_event_can_be_lost_duplicated_or_delayed(aws: Emulator, delivered: Any, effect: Any, times: int) -> None:
    key = f"uploads/pandalm/{effect}.json"
    late = 0.5 if effect == "delay" else 0.0
    aws.faults.add(
        Fault(service="events", operation="Deliver", subject="listener", contains=key, effect=effect, seconds=late)
    )
    since = time.monotonic()
    for each in (key, "uploads/pandalm/other.json"):
        aws.client("s3").put_object(Bucket=aws.bucket, Key=each, Body=b"[]")

    def came(uploaded: str) -> list[Any]:
        return [e for e in delivered() if e["source"] == "aws.s3" and e["detail"]["object"]["key"] == uploaded]

    eventually(lambda: came("uploads/pandalm/other.json"))
    eventually(lambda: len(came(key)) == times)
    assert time.monotonic() - since >= late
    assert aws.faults.listed() == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, {"detail": {"key": 'a "b"', "parts": [1, {"x": 2}]}}),
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.parts[1].x"}, 2),
        ({"InputPath": "$.nothing.here"}, None),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"k": "$.detail.key"},
                    "InputTemplate": '{"k": <k>, "s": "is <k>"}',
                }
            },
            {"k": 'a "b"', "s": 'is a "b"'},
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"p": "$.detail.parts"}, "InputTemplate": '{"p": <p>, "s": "<p>"}'}},
            {"p": [1, {"x": 2}], "s": '[1, {"x": 2}]'},
        ),
        ({"InputTransformer": {"InputTemplate": '"a line of <nothing>"'}}, "a line of <nothing>"),
    ],
)
def test_a_target_receives_the_input_that_its_rule_defines(target: dict[str, Any], expected: Any) -> None:
    assert target_input(target, {"detail": {"key": 'a "b"', "parts": [1, {"x": 2}]}}) == expected
