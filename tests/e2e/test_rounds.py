"""A round: a run that follows another, with less of its rows, new ones, and the same held-out rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from rft_client.errors import ApiError
from tests.e2e.measured_runs import ONLY_EVALUATED
from tests.kit.stack_harness import SAMPLE, StackHarness

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench() -> Iterator[StackHarness]:
    """With a Bedrock that trains custom models on, which AWS does not document."""
    options = EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, custom_base_models=True)
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


def new_records(number: int) -> bytes:
    """Records of the sample about other instructions."""
    sample = json.loads(SAMPLE.read_bytes())[:number]
    words = [" ".join(f"number{at}x{word}" for word in range(30)) for at in range(number)]
    return json.dumps([{**each, "instruction": own} for each, own in zip(sample, words, strict=True)]).encode()


def test_a_round_trains_on_unsolved_rows_and_is_compared(bench: StackHarness) -> None:
    parts: dict[str, Any] = {**ONLY_EVALUATED, "dataset": {"split": {"train": 0.7, "validation": 0.1, "test": 0.2}}}
    before = bench.run("first-round", **parts).view
    assert before["evaluation"]["verdict"], before["failure"]
    uri = bench.put("datasets/more.json", new_records(20))
    follows = {"run_id": before["run_id"], "solved_score": 1.0, "hopeless_score": 0.0, "base_model": "previous"}
    request = {**before["request"], "dataset": {**before["request"]["dataset"], "uri": uri}, "from_run": follows}
    after = bench.wait(bench.client.start_run(request)["run_id"]).view
    assert (after["status"], after["failure"]) == ("COMPLETED", None)
    (job,) = bench.jobs(after["run_id"])
    assert job.request["baseModelIdentifier"] == before["model_arn"]
    made = after["dataset"]["round"]
    assert (made["run_id"], made["number"]) == (before["run_id"], 2)
    assert made["added"] + made["held_out"] + made["known"] == 20
    assert made["remaining"] + made["solved"] + made["hopeless"] == before["dataset"]["rows"]["train"]
    assert made["solved"] + made["hopeless"] > 0
    for split in ("validation", "test"):
        rows = [[{**row, "run_id": ""} for row in bench.rows(view["run_id"], split)] for view in (before, after)]
        assert rows[0] == rows[1]
    assert after["evaluation"]["verdict"], after["evaluation"]["reason"]
    previous = after["evaluation"]["previous"]
    assert (previous["status"], previous["run_id"]) == ("completed", before["run_id"])
    assert previous["rows"] == after["evaluation"]["rows"]
    assert b"It follows" in bench.client.report_page(after["run_id"])


def test_a_run_that_has_not_ended_has_no_next_round(bench: StackHarness) -> None:
    run_id = bench.start("unended", mode="preflight")
    request = bench.client.run(run_id)["request"]
    with pytest.raises(ApiError) as refused:
        bench.client.start_run({**request, "from_run": {"run_id": run_id}})
    assert refused.value.status == 422
    assert "a round follows a COMPLETED run" in str(refused.value)
    bench.cancel(run_id)
