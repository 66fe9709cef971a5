"""In-memory ledger and topic that enforce the limits of DynamoDB and SNS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from emulator.http.limits import MAX_MESSAGE_BYTES, SUBJECT, check_numbers
from rft.adapters.dynamodb.experiments import experiment_item, experiment_of
from rft.adapters.dynamodb.ledger_items import record_item, record_of, rejection_item, rejection_of
from rft.adapters.notifier import message_text
from rft.contracts.experiments.record import ExperimentRecord
from rft.contracts.ledger import RunRecord, UploadRejection
from rft.contracts.outbound.topic_messages import TopicMessage
from rft.text import subject_line
from tests.kit.fakes.experiments import MemoryExperiments
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.notifier import MemoryNotifier

MAX_ITEM_BYTES = 400 * 1024
"""Maximum item size (Amazon DynamoDB Developer Guide, service quotas)."""


class StrictLedger(MemoryLedger):
    """Asserts that records survive conversion to an item and back, and fit into one."""

    def create(self, record: RunRecord, *, key: str | None = None) -> RunRecord:
        assert record_of(_stored(record_item(record))) == record
        return super().create(record, key=key)

    def reject(self, rejection: UploadRejection) -> UploadRejection:
        assert rejection_of(_stored(rejection_item(rejection))) == rejection
        return super().reject(rejection)

    def _write(self, record: RunRecord, changes: Mapping[str, Any]) -> RunRecord:
        changed = super()._write(record, changes)
        _stored(record_item(changed))
        return changed


class StrictExperiments(MemoryExperiments):
    """Asserts that new records survive conversion and use at most half of an item, to leave room for updates."""

    def create(self, record: ExperimentRecord) -> ExperimentRecord:
        assert experiment_of(_stored(experiment_item(record), MAX_ITEM_BYTES // 2)) == record
        return super().create(record)


class StrictNotifier(MemoryNotifier):
    def publish(self, message: TopicMessage) -> None:
        assert SUBJECT.fullmatch(subject_line(message.subject))
        assert len(message_text(message).encode()) <= MAX_MESSAGE_BYTES
        super().publish(message)


def _stored(item: dict[str, Any], most_bytes: int = MAX_ITEM_BYTES) -> dict[str, Any]:
    body = json.dumps({"Item": item}, ensure_ascii=False).encode()
    assert len(body) <= most_bytes
    check_numbers(item)
    return item
