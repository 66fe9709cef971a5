"""`rft grader test` finds at least what public auditors find, and blocks fewer honest graders: `make auditors`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from rft.smoke_test.findings import BLOCK
from tests.kit.project import ROOT
from tests.kit.zoo.graders import BROKEN
from tests.kit.zoo.honest import HONEST
from tests.kit.zoo.trial import WEEKDAY, is_found, today, trial

PYTHON = ROOT / ".venv-auditors/bin/python"
SECONDS = 900


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="`make auditors` installs the auditors")
def test_no_auditor_finds_more_or_blocks_fewer_honest_graders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WEEKDAY, today())
    script = ROOT / "tests/auditors/audit_zoo.py"
    ran = subprocess.run(  # noqa: S603  the script next to this file
        [PYTHON, script, tmp_path / "audits"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    theirs: dict[str, dict[str, tuple[bool, bool]]] = json.loads(ran.stdout)

    names = {name for found in theirs.values() for name in found}
    ours = {name: is_found(BROKEN[name], trial(BROKEN[name], tmp_path)) for name in names & set(BROKEN)}
    ours |= {name: any(f.severity == BLOCK for f in trial(HONEST[name], tmp_path)) for name in names & set(HONEST)}
    for auditor, found in theirs.items():
        broken, honest = ([name for name in found if name in kind] for kind in (BROKEN, HONEST))
        assert sum(ours[name] for name in broken) >= sum(any(found[name]) for name in broken) > 0, auditor
        assert sum(ours[name] for name in honest) < sum(found[name][0] for name in honest), auditor
