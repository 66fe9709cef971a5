"""Report and comparison in a real browser: silent, self-contained, accessible by axe's rules and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rft.contracts.ledger import RunStatus
from rft_client.comparison import compare_runs, comparison_page, curves
from tests.kit.browser import needs_browser, observed
from tests.kit.fake_report import FakeReport
from tests.kit.fake_stack import OTHER_ID
from tests.kit.records import RUN_ID

HOSTILE = "<script>alert(1)</script><img src=https://example.com/x.png onerror=alert(2)> " + "W" * 2_000

pytestmark = [pytest.mark.slow, *needs_browser]


def hostile_run() -> FakeReport:
    """Trained and evaluated; every answer tries to run a script, to load an image and to burst the page."""
    fake = FakeReport(answers_captured=True)
    reply = fake.reply
    fake.sampler.reply = lambda model_id, messages: f"{reply(model_id, messages)} {HOSTILE}"
    fake.trained().compared().write()
    return fake


def hostile_report() -> str:
    return hostile_run().page


def rejected_report() -> str:
    fake = FakeReport()
    fake.at(RunStatus.SMOKE_TESTING)
    fake.write(RunStatus.REJECTED, "GraderNotTrusted", HOSTILE)
    return fake.page


def hostile_comparison() -> str:
    fake = hostile_run()
    runs = [fake.as_compared(run_id) for run_id in (RUN_ID, OTHER_ID)]
    return comparison_page(compare_runs(runs), curves(runs))


@pytest.mark.parametrize("made", [hostile_report, rejected_report, hostile_comparison])
def test_a_page_is_silent_self_contained_and_accessible(made: Callable[[], str], tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(made(), encoding="utf-8")
    found = observed("browser.mjs", file)
    assert [(each.pop("scheme"), each.pop("width")) for each in found] == [
        ("light", 320),
        ("light", 1440),
        ("dark", 320),
        ("dark", 1440),
    ]
    silent = {"console": [], "requests": [], "violations": [], "overflow": 0, "unreached": 0}
    assert found == [silent] * 4
