"""`rft compare`: ended runs next to each other."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.evaluation import EvaluationReport
from rft.evaluation.run_comparison import EvaluatedRun
from rft_cli.commands import report as module
from tests.kit.fake_report import FakeReport
from tests.kit.fakes.api import FakeApi
from tests.kit.records import RUN_ID
from tests.kit.rft_command import Rft

OTHER = RUN_ID.replace("1a2b3c4d", "0a2b3c4d")


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeReport().trained().compared()
    report = fake.write()
    evaluation = EvaluationReport.model_validate_json(
        fake.store.objects[f"s3://data-bucket/runs/{RUN_ID}/evaluation.json"]
    )

    def found(client: Any, run_id: str) -> EvaluatedRun:
        return EvaluatedRun(report.model_copy(update={"run_id": run_id}), evaluation)

    monkeypatch.setattr(module, "_evaluated", found)


def test_runs_are_compared_by_their_test_rows(rft: Rft, api: FakeApi, evaluated: None) -> None:
    found = rft("compare", RUN_ID, OTHER, "-o", "json").json
    (difference,) = found["differences"]
    assert (difference["run_id"], difference["unpaired"]) == (OTHER, None)
    assert (difference["difference"]["value"], found["requests"]) == (0.0, {})
    assert f"{OTHER} against {RUN_ID}: no difference shown" in rft("compare", RUN_ID, OTHER).out


def test_one_run_is_nothing_to_compare(rft: Rft, api: FakeApi) -> None:
    assert "two or more" in rft("compare", RUN_ID, RUN_ID).err


def test_a_run_without_a_report_says_why(rft: Rft, api: FakeApi) -> None:
    api.says((404, {"title": "Not found", "detail": f"{RUN_ID} is TRAINING", "status": 404}))
    assert "is TRAINING" in rft("compare", RUN_ID, OTHER).err
