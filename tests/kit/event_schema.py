"""Generates docs/events.schema.json from the contract: `python -m tests.kit.event_schema`."""

from __future__ import annotations

import json

from rft.contracts.outbound.domain_events import DomainEvent
from tests.kit.project import ROOT

SCHEMA = ROOT / "docs" / "events.schema.json"


def schema_text() -> str:
    """Return the JSON Schema of a domain event."""
    return json.dumps(DomainEvent.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text())
