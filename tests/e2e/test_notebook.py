"""The notebook in examples/: the whole flow on the emulated AWS, by the Python client alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rft.contracts.ledger import RunStatus
from tests.kit.notebooks import code_cells, run_notebook
from tests.kit.project import ROOT
from tests.kit.stack_harness import StackHarness

NOTEBOOK = ROOT / "examples" / "pandalm" / "judge.ipynb"


@pytest.fixture
def stack_of_the_environment(bench: StackHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `rft local up` says to export it."""
    keys = bench.aws.credentials
    values = {
        "AWS_ENDPOINT_URL": bench.aws.endpoint,
        "AWS_REGION": bench.aws.region,
        "AWS_ACCESS_KEY_ID": str(keys.access_key),
        "AWS_SECRET_ACCESS_KEY": str(keys.secret_key),
        "RFT_API_URL": bench.aws.api_url,
        "RFT_BUCKET": bench.aws.bucket,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.usefixtures("stack_of_the_environment")
def test_the_notebook_trains_and_evaluates_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(NOTEBOOK.parent, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    found = run_notebook(tmp_path / NOTEBOOK.name)
    assert found["preflight"].status is RunStatus.COMPLETED
    assert found["run"].status is RunStatus.COMPLETED
    assert set(found["checks"]["result"]) <= {"pass", "warn", "skipped"}
    assert found["curve"]["reward"].notna().all()
    assert len(found["rollouts"]) > 0
    assert found["evaluation"].tuned > found["evaluation"].base
    assert b"<!doctype html>" in (tmp_path / "report.html").read_bytes()


def test_the_notebook_has_ten_cells_and_no_stored_output() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert len(code_cells(NOTEBOOK)) == 10
    assert [cell for cell in cells if cell.get("outputs")] == []
