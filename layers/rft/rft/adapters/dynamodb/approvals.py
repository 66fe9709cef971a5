"""Decisions on runs that wait for approval, and their task tokens, in the ledger's table."""

from __future__ import annotations

from rft.adapters.aws_errors import translated
from rft.adapters.dynamodb.ledger_items import record_of, to_item, token_key
from rft.adapters.dynamodb.ledger_table import LedgerTable
from rft.contracts.ledger import Decision, RunRecord
from rft.errors import RunNotFound
from rft.runs.approval import answered
from rft.runs.records import revised


class DynamoApprovals(LedgerTable):
    """The first decision is final, even under concurrent writes."""

    def decide(self, run_id: str, decision: Decision) -> RunRecord:
        for _ in self._attempts(run_id):
            record = record_of(self._item(run_id))
            approval = answered(record, decision)
            if approval == record.approval:
                return record
            changed = revised(record, {"approval": approval}, at=self._clock.now())
            before = record.model_dump(mode="json", include={"status", "approval"})
            fields = changed.model_dump(mode="json", include={"approval", "updated_at"})
            if self._update(self._set(run_id, fields, before)):
                return changed
        raise AssertionError  # pragma: no cover: the attempts end in an error of their own

    def save_token(self, run_id: str, token: str) -> None:
        # A separate item, so that records do not contain the token.
        with translated():
            self._client.put_item(TableName=self._table, Item=token_key(run_id) | to_item({"token": token}))

    def token(self, run_id: str) -> str:
        item = self._read(token_key(run_id))
        if item is None:
            raise RunNotFound(f"no task token of {run_id}")
        return str(item["token"]["S"])
