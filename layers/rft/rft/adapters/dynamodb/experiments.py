"""Experiment records in the ledger's table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import INDEX_KEYS, Item, from_attribute, to_attribute, to_item
from rft.adapters.dynamodb.ledger_table import LOST, LedgerTable
from rft.contracts.experiments.record import ExperimentRecord
from rft.errors import ExperimentNotFound, RunConflict
from rft.runs.records import from_cursor, to_cursor, utc_text

EXPERIMENTS = "EXPERIMENT"
UNSETTLED = "EXPERIMENT#UNSETTLED"
"""Partition of by_status for unsettled experiments; settled ones are not in this index."""

AFTER_ALL = "~"
"""Sorts after every position: positions begin with a digit."""


class DynamoExperiments(LedgerTable):
    """One item per record; its version prevents lost updates."""

    def create(self, record: ExperimentRecord) -> ExperimentRecord:
        if self._put(record, "attribute_not_exists(pk)", {}):
            return record
        known = self.get(record.experiment_id)
        if known.request != record.request:
            raise RunConflict(f"{known.experiment_id} belongs to a different request")
        return known

    def get(self, experiment_id: str) -> ExperimentRecord:
        item = self._read(experiment_key(experiment_id))
        if item is None:
            raise ExperimentNotFound(f"Experiment {experiment_id} not found")
        return experiment_of(item)

    def change(self, experiment_id: str, change: Callable[[ExperimentRecord], ExperimentRecord]) -> ExperimentRecord:
        for _ in self._attempts(experiment_id):
            last = self.get(experiment_id)
            changed = change(last)
            if changed == last:
                return last
            written = changed.model_copy(update={"version": last.version + 1, "updated_at": self._clock.now()})
            values = {":version": to_attribute(last.version)}
            if self._put(written, "version = :version", values):
                return written
        raise AssertionError  # pragma: no cover: the attempts end in an error of their own

    def page(self, *, limit: int, cursor: str | None) -> tuple[tuple[ExperimentRecord, ...], str | None]:
        partition, sort = INDEX_KEYS["by_created"]
        before = from_cursor(cursor) if cursor else AFTER_ALL
        with translated():
            answer = self._client.query(
                TableName=self._table,
                IndexName="by_created",
                KeyConditionExpression=f"{partition} = :of AND {sort} < :before",
                ExpressionAttributeValues={":of": to_attribute(EXPERIMENTS), ":before": to_attribute(before)},
                ScanIndexForward=False,
                Limit=limit,
            )
        places = [item[sort]["S"] for item in answer["Items"]]
        # Each record is read from the table, because the index is eventually consistent.
        records = tuple(self.get(place.partition("#")[2]) for place in places)
        return records, to_cursor(places[-1]) if "LastEvaluatedKey" in answer else None

    def unsettled(self) -> Iterator[ExperimentRecord]:
        """Reads ids from an index that has only unsettled experiments, and each record from the table."""
        partition, sort = INDEX_KEYS["by_status"]
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_status",
            KeyConditionExpression=f"{partition} = :of",
            ExpressionAttributeValues={":of": to_attribute(UNSETTLED)},
        )
        with translated():
            places = [item[sort]["S"] for page in pages for item in page["Items"]]
        found = (self.get(place.partition("#")[2]) for place in places)
        return (record for record in found if not record.settled)

    def _put(self, record: ExperimentRecord, condition: str, values: Item) -> bool:
        """Returns False if the condition fails."""
        write: dict[str, Any] = {"Item": experiment_item(record), "ConditionExpression": condition}
        if values:
            write["ExpressionAttributeValues"] = values
        try:
            with translated():
                self._client.put_item(TableName=self._table, **write)
        except ClientError as error:
            if error.response["Error"]["Code"] not in LOST:
                raise
            return False
        return True


def experiment_key(experiment_id: str) -> Item:
    return to_item({"pk": f"{EXPERIMENTS}#{experiment_id}", "sk": EXPERIMENTS})


def experiment_item(record: ExperimentRecord) -> Item:
    """An experiment's item, with index keys for the list and, while unsettled, for the list of unsettled ones."""
    position = f"{utc_text(record.created_at)}#{record.experiment_id}"
    place = {"gsi1pk": EXPERIMENTS, "gsi1sk": position}
    if not record.settled:
        place |= {"gsi2pk": UNSETTLED, "gsi2sk": position}
    return experiment_key(record.experiment_id) | to_item({**place, **record.model_dump(mode="json")})


def experiment_of(item: Item) -> ExperimentRecord:
    fields = from_attribute({name: item[name] for name in ExperimentRecord.model_fields if name in item})
    return ExperimentRecord.model_validate_json(json.dumps(fields))
