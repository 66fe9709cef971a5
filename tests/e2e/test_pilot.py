"""A pilot, and the full run that reuses its rows and its proven grader."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.stack_harness import StackHarness

pytestmark = pytest.mark.emulator

MEASURED: dict[str, Any] = {
    "calibration": {"enabled": True, "rows": 10, "samples_per_row": 2},
    "evaluation": {"enabled": True, "rows": 10},
    "smoke_test": {"sample_size": 10},
}


def test_a_full_run_reuses_its_pilots_rows_and_trusted_grader(bench: StackHarness) -> None:
    pilot = bench.run("pilot", mode="pilot", **MEASURED).view
    assert pilot["status"] == "COMPLETED"
    assert pilot["pilot"]["verdict"] in {"worthwhile", "not_worthwhile", "inconclusive"}
    assert pilot["pilot"]["full_run"]["forecast"]["steps"] > pilot["forecast"]["steps"]
    (job,) = bench.jobs(pilot["run_id"])
    assert len(bench.read(job.request["trainingDataConfig"]["s3Uri"]).splitlines()) == 100

    request = {**pilot["request"], "mode": "preflight", "start_from": {"run_id": pilot["run_id"], "stage": "training"}}
    calls = len(bench.aws.logs("GradePandalm"))
    full = bench.wait(bench.client.start_run(request)["run_id"]).view
    assert (full["status"], full["dataset"]["digest"]) == ("COMPLETED", pilot["dataset"]["digest"])
    assert full["grader_arn"] == pilot["grader_arn"]
    assert full["smoke_test"]["report_uri"] == pilot["smoke_test"]["report_uri"]
    assert full["calibration"]["report_uri"] == pilot["calibration"]["report_uri"]
    assert len(bench.aws.logs("GradePandalm")) == calls
    assert {row["run_id"] for row in bench.rows(full["run_id"], "train")} == {full["run_id"]}
