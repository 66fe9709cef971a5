"""The events that a stack has sent, next to the changes that its ledger has."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

RULE = "all-events"


def subscribe(bench: StackHarness) -> str:
    """A queue that gets every event of the stack, by its URL."""
    sqs, events = bench.aws.client("sqs"), bench.aws.client("events")
    url: str = sqs.create_queue(QueueName=RULE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=RULE, EventPattern=json.dumps({"source": ["rft"]}))
    events.put_targets(Rule=RULE, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def stages_of_runs(bench: StackHarness) -> dict[str, list[str]]:
    """The statuses that each run of the ledger has had, by its id."""
    run_ids = [run["run_id"] for run in bench.client.runs({}, limit=None)["runs"]]
    return {run_id: [each["after"] for each in bench.client.run(run_id)["timeline"]] for run_id in run_ids}


def check_events(bench: StackHarness, url: str, stages: Mapping[str, Sequence[str]]) -> int:
    """Each change of each run is one event with one id, however often it was delivered; their number."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    def complete() -> bool:
        bench.aws.invoke("PublishEvents", b'{"detail-type": "Scheduled Event"}')
        for detail in _received(bench, url):
            known = found[detail["run_id"]].setdefault(detail["id"], detail)
            assert known["sequence"] == detail["sequence"]
        return all(_changes(found[run_id]) == list(of_run) for run_id, of_run in stages.items())

    eventually(complete, "an event of each change", every=0.5)
    assert set(found) == set(stages)
    for events in found.values():
        assert sorted(each["sequence"] for each in events.values()) == list(range(1, len(events) + 1))
    return sum(map(len, found.values()))


def _changes(events: Mapping[str, Mapping[str, Any]]) -> list[str]:
    ordered = sorted(events.values(), key=lambda detail: int(detail["sequence"]))
    return [detail["change"]["after"] for detail in ordered if "change" in detail]


def _received(bench: StackHarness, url: str) -> Iterator[dict[str, Any]]:
    sqs = bench.aws.client("sqs")
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        yield from (json.loads(message["Body"])["detail"] for message in messages)
        handles = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=handles)
