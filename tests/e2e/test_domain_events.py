"""Changes of a run as other systems get them, by EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.faults import Fault
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

RULE = "all-of-rft"


@pytest.fixture
def queue(bench: StackHarness) -> Iterator[str]:
    """A queue that gets every event with the source rft."""
    sqs, events = bench.aws.client("sqs"), bench.aws.client("events")
    url = sqs.create_queue(QueueName=RULE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=RULE, EventPattern=json.dumps({"source": ["rft"]}))
    events.put_targets(Rule=RULE, Targets=[{"Id": "queue", "Arn": arn}])
    yield url
    events.remove_targets(Rule=RULE, Ids=["queue"])
    events.delete_rule(Name=RULE)


def publish(bench: StackHarness) -> Any:
    return json.loads(bench.aws.invoke("PublishEvents", b'{"detail-type": "Scheduled Event"}'))


def received(bench: StackHarness, url: str, run_id: str) -> list[dict[str, Any]]:
    sqs = bench.aws.client("sqs")
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"])["detail"] for message in messages]
    return [detail for detail in found if detail["run_id"] == run_id]


def test_each_change_of_a_run_is_one_event_whatever_fails(bench: StackHarness, queue: str) -> None:
    lost = {"effect": "response_lost", "status": 500}
    for operation, service in (("TransactWriteItems", "dynamodb"), ("PutEvents", "events")):
        bench.aws.faults.add(Fault(service=service, operation=operation, skip=2, count=2, **lost))
    ended = bench.run("announced", mode="preflight", notify={"on": ["COMPLETED"]})
    run_id = ended.view["run_id"]
    details: list[dict[str, Any]] = []

    def all_received() -> bool:
        publish(bench)  # an index of DynamoDB may be late
        details.extend(received(bench, queue, run_id))
        return ended.status in {detail["status"] for detail in details}

    eventually(all_received, "all events to be sent")
    assert sorted({d["sequence"] for d in details}) == list(range(1, len({d["id"] for d in details}) + 1))
    by_id = {d["id"]: d for d in details}
    changes = [d["change"]["after"] for d in sorted(by_id.values(), key=lambda d: d["sequence"]) if "change" in d]
    assert changes == ended.stages
    assert [d["smoke_test"]["trusted"] for d in by_id.values() if "smoke_test" in d] == [True]
    (message,) = [m for m in bench.aws.messages() if m["message"].get("run_id") == run_id]
    assert message["message"]["status"] == "COMPLETED"
    assert message["text"].startswith("The preflight run passed")


def webhook_rule(bench: StackHarness) -> dict[str, Any]:
    rules = bench.aws.client("events").list_rules()["Rules"]
    (rule,) = [rule for rule in rules if "DeliverWebhooks" in rule["Name"]]
    return dict(rule)


def test_a_webhook_that_may_not_be_called_goes_to_the_queue(bench: StackHarness) -> None:
    secret = bench.aws.client("secretsmanager").create_secret(Name="hooks", SecretString=f"whsec_{'a' * 40}")["ARN"]
    webhook = {"WebhookUrl": "https://localhost/hook", "WebhookSecretArn": secret}
    assert webhook_rule(bench)["State"] == "DISABLED", "by default, nothing is sent"
    bench.aws.update(parameters={**bench.aws.options.parameters, **webhook})
    assert webhook_rule(bench)["State"] == "ENABLED"
    run_id = bench.start("hooked", b"no dataset")
    bench.wait(run_id)
    sqs, url = bench.aws.client("sqs"), bench.aws.stack.outputs["DeadLettersUrl"]

    def undelivered() -> list[dict[str, Any]]:
        publish(bench)
        bodies = [json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url).get("Messages", [])]
        return [body for body in bodies if body.get("event", {}).get("run_id") == run_id]

    (found, *_) = eventually(undelivered, "an undelivered event")
    assert (found["endpoint"], found["error"]) == ("stack", "WebhookRefused"), found["cause"]
    assert "not public" in found["cause"]
