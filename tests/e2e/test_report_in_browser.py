"""The report in a real browser: nothing on the console, nothing loaded, axe finds nothing, the keyboard reaches all."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from tests.kit.fake_report import FakeReport
from tests.kit.project import ROOT

ORACLES = ROOT / "tests" / "oracles"
NODE = shutil.which("node")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "<script>alert(1)</script><img src=https://example.com/x.png onerror=alert(2)> " + "W" * 2_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.skipif(not (ORACLES / "node_modules" / "axe-core").is_dir(), reason="run `make oracles` first"),
]


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
    command = [str(NODE), "browser.mjs", str(file), str(CHROMIUM)]
    done = subprocess.run(command, cwd=ORACLES, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    observed = json.loads(done.stdout)
    assert [(each.pop("scheme"), each.pop("width")) for each in observed] == [
        ("light", 320),
        ("light", 1440),
        ("dark", 320),
        ("dark", 1440),
    ]
    silent = {"console": [], "requests": [], "violations": [], "overflow": 0, "unreached": 0}
    assert observed == [silent] * 4
