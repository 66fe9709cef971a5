from __future__ import annotations

import pytest

from rft import wiring
from rft.contracts.ledger import RunStatus
from tests.kit.fake_run import FakeRun
from tests.kit.fakes.webhooks import MemoryWebhooks
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event


def test_the_sample_event_is_sent_to_the_stacks_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_run, sender = FakeRun(RunStatus.FAILED), MemoryWebhooks()
    monkeypatch.setenv("WEBHOOK_URL", "https://hooks.example.org/x")
    monkeypatch.setattr(wiring, "ledger", lambda: fake_run.ledger)
    monkeypatch.setattr(wiring, "clock", lambda: fake_run.clock)
    monkeypatch.setattr(wiring, "webhook_sender", lambda: sender)
    handler = load_function("send_webhook").handler
    assert handler(read_event("send_webhook"), Context()) == {"sent": True, "skipped": "", "signatures": 1}
    assert [message_id for _, _, message_id, _ in sender.sent] == [read_event("send_webhook")["event"]["id"]]
