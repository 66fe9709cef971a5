"""The events that a stack has sent, next to the changes that its ledger has."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

RULE = "all-events"


class EventLog:
    """Gets every event of the stack from its construction on, by a queue."""

    def __init__(self, bench: StackHarness) -> None:
        self._bench = bench
        self._found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        sqs, events = bench.aws.client("sqs"), bench.aws.client("events")
        self._url: str = sqs.create_queue(QueueName=RULE)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name=RULE, EventPattern=json.dumps({"source": ["rft"]}))
        events.put_targets(Rule=RULE, Targets=[{"Id": "queue", "Arn": arn}])

    def check(self, stages: Mapping[str, Sequence[str]]) -> int:
        """Each change of each run is one event with one id, however often it was delivered; their number."""

        def complete() -> bool:
            self.receive()
            return all(_changes(self._found[run_id]) == list(of_run) for run_id, of_run in stages.items())

        eventually(complete, "an event of each change", every=0.5)
        assert set(self._found) == set(stages)
        for events in self._found.values():
            assert sorted(each["sequence"] for each in events.values()) == list(range(1, len(events) + 1))
        return sum(map(len, self._found.values()))

    def receive(self) -> None:
        """Let pending events be sent, and take what has come."""
        self._bench.aws.invoke("PublishEvents", b'{"detail-type": "Scheduled Event"}')
        sqs = self._bench.aws.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._add(json.loads(message["Body"])["detail"])
            handles = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(messages)]
            sqs.delete_message_batch(QueueUrl=self._url, Entries=handles)

    def _add(self, detail: dict[str, Any]) -> None:
        known = self._found[detail["run_id"]].setdefault(detail["id"], detail)
        assert known["sequence"] == detail["sequence"]


def stages_of_runs(bench: StackHarness) -> dict[str, list[str]]:
    """The statuses that each run of the ledger has had, by its id."""
    run_ids = [run["run_id"] for run in bench.client.runs({}, limit=None)["runs"]]
    return {run_id: [each["after"] for each in bench.client.run(run_id)["timeline"]] for run_id in run_ids}


def _changes(events: Mapping[str, Mapping[str, Any]]) -> list[str]:
    ordered = sorted(events.values(), key=lambda detail: int(detail["sequence"]))
    return [detail["change"]["after"] for detail in ordered if "change" in detail]
