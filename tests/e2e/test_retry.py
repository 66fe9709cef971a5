"""Runs that begin again at training with what an earlier run had proven, on the emulated AWS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.stages import SMALL
from tests.kit.stack_harness import ROOT, StackHarness

pytestmark = pytest.mark.emulator

ROWS = (ROOT / "examples" / "gsm8k" / "questions.jsonl").read_bytes()


def retry(bench: StackHarness, earlier: dict[str, Any], **changes: Any) -> str:
    start = {"run_id": earlier["run_id"], "stage": "training"}
    request = {**earlier["request"], "start_from": start, **changes}
    return str(bench.client.start_run(request)["run_id"])


def test_a_run_trains_again_without_a_second_smoke_test(bench: StackHarness) -> None:
    bench.aws.bedrock.fail("again")
    failed = bench.run("again", ROWS, dataset={"task": "gsm8k"}, **SMALL)
    assert (failed.status, failed.view["failure"]["error"]) == ("FAILED", "TrainingJobFailed")
    bench.aws.faults.clear()

    again = bench.wait(retry(bench, failed.view))
    assert again.stages == [*failed.stages[:-1], "COMPLETED"]
    assert again.view["grader_arn"] == failed.view["grader_arn"]
    assert again.view["smoke_test"] == failed.view["smoke_test"]
    assert again.view["dataset"]["digest"] == failed.view["dataset"]["digest"]
    assert again.view["metrics"]["rollouts"] > 0, "rollouts are the new run's own"
