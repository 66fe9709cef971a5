"""A real browser, controlled by tests/oracles; tests that need one are skipped if it is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.kit.project import ROOT

ORACLES = ROOT / "tests" / "oracles"
NODE = shutil.which("node")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREENSHOTS = os.environ.get("RFT_SCREENSHOTS", "")
"""Environment variable: folder for screenshots; none are taken if it is not set."""

needs_browser = (
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.skipif(not (ORACLES / "node_modules" / "axe-core").is_dir(), reason="run `make oracles` first"),
)


def observed(script: str, file: Path) -> Any:
    """Run a script of tests/oracles on a file and return its JSON output."""
    command = [str(NODE), script, str(file), str(CHROMIUM), *([SCREENSHOTS] if SCREENSHOTS else [])]
    done = subprocess.run(command, cwd=ORACLES, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
