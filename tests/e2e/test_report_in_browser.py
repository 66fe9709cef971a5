"""The report in a real browser: nothing on the console, nothing loaded, axe finds nothing, the keyboard reaches all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from tests.kit.browser import needs_browser, observed
from tests.kit.fake_report import FakeReport

HOSTILE = "<script>alert(1)</script><img src=https://example.com/x.png onerror=alert(2)> " + "W" * 2_000

pytestmark = [pytest.mark.slow, *needs_browser]


def hostile_run() -> FakeReport:
    """Trained and evaluated; every answer tries to run a script, to load an image and to burst the page."""
    fake = FakeReport(answers_captured=True)
    reply = fake.reply
    fake.sampler.reply = lambda model_id, messages: f"{reply(model_id, messages)} {HOSTILE}"
    fake.trained().compared().write()
    return fake


def rejected_run() -> FakeReport:
    fake = FakeReport()
    fake.at(RunStatus.SMOKE_TESTING)
    fake.write(RunStatus.REJECTED, "GraderNotTrusted", HOSTILE)
    return fake


@pytest.mark.parametrize("made", [hostile_run, rejected_run])
def test_a_report_is_silent_self_contained_and_accessible(made: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(made().page, encoding="utf-8")
    found = observed("browser.mjs", file)
    assert [(each.pop("scheme"), each.pop("width")) for each in found] == [
        ("light", 320),
        ("light", 1440),
        ("dark", 320),
        ("dark", 1440),
    ]
    silent = {"console": [], "requests": [], "violations": [], "overflow": 0, "unreached": 0}
    assert found == [silent] * 4
