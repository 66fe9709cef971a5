"""The ledger's single table: what its items look like.

    item      pk             sk            holds
    record    RUN#<run id>   RECORD        RunRecord as native maps and numbers, `event_count`, `domain_event_count`,
                                           `status_since`, the index keys
    event     RUN#<run id>   EVENT#<nnnn>  RunEvent, numbered from 1
    outbox    RUN#<run id>   OUTBOX#<nnnnnn> DomainEvent by its sequence; in by_created under gsi1pk = "OUTBOX" until it
                                           is sent, then `sent_at` and `expires_at`
    key       KEY#<sha256>   KEY           `run_id` that the idempotency key belongs to, `expires_at`
    token     RUN#<run id>   TASK_TOKEN    the task token of a run that awaits approval
    wait      RUN#<run id>   WAIT          `task_token` of a run's last wait, `woken` where an event came since
    queue     QUEUE          <since>#<run id>  nothing else: a run that is STARTING and wants a job
    rejection UPLOAD#<sha256> REJECTION    UploadRejection, in by_created under gsi1pk = "REJECTION"
    deployment DEPLOYMENT#<name> DEPLOYMENT DeploymentRecord, in by_created under gsi1pk = "DEPLOYMENT" and its name

    experiment EXPERIMENT#<id> EXPERIMENT  ExperimentRecord, in by_created under gsi1pk = "EXPERIMENT" as a run is, and
                                           in by_status under gsi2pk = "EXPERIMENT#UNSETTLED" until it is settled

    index       partition          sort
    by_created  gsi1pk = "RUN"     gsi1sk
    by_status   gsi2pk = status    gsi2sk
    by_name     gsi3pk = name      gsi3sk

Records have all three sort keys, `<created_at>#<run id>`, so each list is newest first.
`rft.adapters.dynamodb.notification_dedup` keeps its items in the same table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from rft.contracts.deployments import DeploymentRecord
from rft.contracts.ledger import RunEvent, RunRecord, UploadRejection
from rft.contracts.outbound.domain_events import DomainEvent
from rft.runs.records import list_position, utc_text
from rft.runs.uploads import upload_digest

Item = dict[str, Any]
"""A DynamoDB item in wire format: attribute name → {type: value}."""

RECORD = "RECORD"
EVENTS = "EVENT#"
INDEX_KEYS = {"by_created": ("gsi1pk", "gsi1sk"), "by_status": ("gsi2pk", "gsi2sk"), "by_name": ("gsi3pk", "gsi3sk")}
ALL_RUNS = "RUN"
DEPLOYMENTS = "DEPLOYMENT"
OUTBOX = "OUTBOX"
QUEUE = "QUEUE"


def to_attribute(plain: Any) -> Any:
    return TypeSerializer().serialize(_with_decimals(plain))


def to_item(plain: Mapping[str, Any]) -> Item:
    return {name: to_attribute(value) for name, value in plain.items()}


def from_attribute(item: Item) -> dict[str, Any]:
    return {name: _with_numbers(TypeDeserializer().deserialize(value)) for name, value in item.items()}


def record_key(run_id: str) -> Item:
    return to_item({"pk": f"RUN#{run_id}", "sk": RECORD})


def idempotency_key(key: str) -> Item:
    # Hashed, because callers choose the key.
    return to_item({"pk": f"KEY#{hashlib.sha256(key.encode()).hexdigest()}", "sk": "KEY"})


def token_key(run_id: str) -> Item:
    return to_item({"pk": f"RUN#{run_id}", "sk": "TASK_TOKEN"})


def queue_key(run_id: str, since: datetime) -> Item:
    # Fixed width, so that lexicographic order is time order.
    return to_item({"pk": QUEUE, "sk": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}#{run_id}"})


def wait_key(run_id: str) -> Item:
    return to_item({"pk": f"RUN#{run_id}", "sk": "WAIT"})


def upload_key(bucket: str, key: str, version: str) -> Item:
    # Hashed, because object keys may be as long as DynamoDB's keys.
    return to_item({"pk": f"UPLOAD#{upload_digest(bucket, key, version)}", "sk": "REJECTION"})


def rejection_item(rejection: UploadRejection) -> Item:
    """A rejection's item, with index keys for the list of rejections."""
    fields = rejection.model_dump(mode="json")
    place = {"gsi1pk": "REJECTION", "gsi1sk": fields["at"]}
    return upload_key(rejection.bucket, rejection.key, rejection.version) | to_item({**place, "upload": fields})


def rejection_of(item: Item) -> UploadRejection:
    return UploadRejection.model_validate(from_attribute({"upload": item["upload"]})["upload"])


def deployment_key(name: str) -> Item:
    return to_item({"pk": f"{DEPLOYMENTS}#{name}", "sk": DEPLOYMENTS})


def deployment_item(record: DeploymentRecord) -> Item:
    """A deployment's item, with index keys for the list of deployments."""
    place = {"gsi1pk": DEPLOYMENTS, "gsi1sk": record.name}
    return deployment_key(record.name) | to_item({**place, **record.model_dump(mode="json")})


def deployment_of(item: Item) -> DeploymentRecord:
    return DeploymentRecord.model_validate(
        from_attribute({name: item[name] for name in DeploymentRecord.model_fields if name in item})
    )


def record_item(record: RunRecord) -> Item:
    """A new run's item: its fields, counters for one event and one domain event, and index keys."""
    place = list_position(record)
    indexed = {"gsi1pk": ALL_RUNS, "gsi2pk": record.status, "gsi3pk": record.name}
    places = {"gsi1sk": place, "gsi2sk": place, "gsi3sk": place}
    fields = record.model_dump(mode="json")
    counts = {"event_count": 1, "domain_event_count": 1, "status_since": fields["created_at"]}
    return record_key(record.run_id) | to_item({**fields, **indexed, **places, **counts})


def event_item(run_id: str, number: int, event: RunEvent) -> Item:
    # Four digits keep the order of events.
    key = {"pk": f"RUN#{run_id}", "sk": f"{EVENTS}{number:04d}"}
    return to_item({**key, **event.model_dump(mode="json")})


def outbox_key(event: DomainEvent) -> Item:
    # Six digits keep the order of events.
    return to_item({"pk": f"RUN#{event.run_id}", "sk": f"{OUTBOX}#{event.sequence:06d}"})


def outbox_item(event: DomainEvent) -> Item:
    """A domain event's item, with index keys for unsent events: oldest first, a run's in sequence."""
    place = {"gsi1pk": OUTBOX, "gsi1sk": f"{utc_text(event.at)}#{event.run_id}#{event.sequence:06d}"}
    return outbox_key(event) | to_item({**place, "detail": event.model_dump(mode="json")})


def outbox_event(item: Item) -> DomainEvent:
    return DomainEvent.model_validate(from_attribute({"detail": item["detail"]})["detail"])


def record_of(item: Item) -> RunRecord:
    plain = from_attribute({name: item[name] for name in RunRecord.model_fields if name in item})
    return RunRecord.model_validate(plain)


def event_of(item: Item) -> RunEvent:
    return RunEvent.model_validate(from_attribute({name: item[name] for name in RunEvent.model_fields}))


def _with_decimals(value: Any) -> Any:
    # DynamoDB's numbers are decimal; a float is stored by its shortest repr, which round-trips.
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: _with_decimals(part) for name, part in value.items()}
    return [_with_decimals(part) for part in value] if isinstance(value, list | tuple) else value


def _with_numbers(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: _with_numbers(part) for name, part in value.items()}
    return [_with_numbers(part) for part in value] if isinstance(value, list) else value
