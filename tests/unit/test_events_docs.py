"""docs/events.md and docs/events.schema.json are as the contract has it."""

from __future__ import annotations

import json
import re
from typing import Any

from rft.contracts.ledger import RunStatus
from rft.contracts.outbound.domain_events import SOURCE, DomainEvent, EventKind
from tests.kit.event_schema import SCHEMA, schema_text
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.project import ROOT
from tests.kit.records import add_run

PAGE = (ROOT / "docs" / "events.md").read_text()


def test_the_schema_matches_the_contract() -> None:
    assert SCHEMA.read_text() == schema_text(), "run `python -m tests.kit.event_schema`"


def test_the_example_is_a_valid_event() -> None:
    example, _rule = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    event = DomainEvent.model_validate(example["detail"])
    assert (example["source"], example["detail-type"]) == (SOURCE, event.kind)
    assert event.id == f"{event.run_id}/{event.sequence}"


def test_every_kind_of_event_is_documented_with_its_field() -> None:
    rows: dict[str, str] = dict(re.findall(r"^\| `(RFT [^`]+)` \|.*\| `(\w+)` \|$", PAGE, re.MULTILINE))
    assert set(rows) == set(EventKind)
    fields: dict[str, Any] = dict(DomainEvent.model_fields)
    assert [part for part in rows.values() if part not in fields] == []


def test_every_event_is_read_back_from_its_entry() -> None:
    ledger = MemoryLedger(FixedClock())
    add_run(ledger, RunStatus.FAILED)
    for event in ledger.pending(20):
        assert DomainEvent.model_validate_json(event.model_dump_json(exclude_none=True)) == event
