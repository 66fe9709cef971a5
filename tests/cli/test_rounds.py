from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rft_cli.views.rounds import round_lines
from tests.kit.fakes.api import FakeApi
from tests.kit.rft_command import Rft

RUN_ID = "judge-20261120t120000-1a2b3c4d"
RUN: dict[str, Any] = {
    "run_id": RUN_ID,
    "request": {
        "name": "judge",
        "dataset": {"task": "pandalm", "uri": "s3://bucket/rows.json", "version": "v1", "max_bad_records": 2},
        "start_from": {"run_id": "judge-20261119t120000-0a2b3c4d", "stage": "training"},
        "mode": "pilot",
    },
}
STARTED = (202, {"run_id": "judge-next", "status": "PENDING", "links": {}})
MADE = {"run_id": RUN_ID, "number": 2, "remaining": 1200, "solved": 300, "hopeless": 20, "unmeasured": 4, "added": 90,
        "known": 8, "held_out": 2}  # fmt: skip
COMPARED = {"run_id": RUN_ID, "status": "completed", "reason": "", "verdict": "better", "rows": 200,
            "previous": 0.6, "tuned": 0.7, "difference": 0.1, "interval": [0.05, 0.15], "p_value": 0.001}  # fmt: skip


def test_a_round_follows_a_run_with_its_request(rft: Rft, api: FakeApi) -> None:
    api.says((200, RUN), STARTED)
    assert rft("round", RUN_ID, "--set", "from_run.solved_score=0.95").out.strip() == "judge-next"
    body = api.requests[1].body
    assert body["from_run"] == {"run_id": RUN_ID, "solved_score": 0.95}
    assert (body["dataset"], body["mode"]) == (RUN["request"]["dataset"], "train")
    assert "start_from" not in body


def test_new_records_replace_the_address_of_the_dataset(rft: Rft, api: FakeApi) -> None:
    api.says((200, RUN), STARTED)
    rft("round", RUN_ID, "--dataset", "s3://bucket/more.json")
    assert api.requests[1].body["dataset"] == {
        "task": "pandalm",
        "uri": "s3://bucket/more.json",
        "max_bad_records": 2,
    }


def test_an_invalid_field_is_named_before_anything_starts(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    api.says((200, RUN))
    result = rft("round", RUN_ID, "--set", "from_run.solved_score=2")
    assert (result.status != 0, "solved_score" in result.err) == (True, True)
    result = rft("round", RUN_ID, "--dataset", str(tmp_path / "missing.json"))
    assert (result.status != 0, "missing.json" in result.err) == (True, True)
    assert [request.method for request in api.requests] == ["GET", "GET"]


def test_an_unknown_run_is_named(rft: Rft, api: FakeApi) -> None:
    api.says((404, {"title": "Not found", "status": 404, "detail": f"Run {RUN_ID} not found"}))
    result = rft("round", RUN_ID)
    assert (result.status != 0, f"Run {RUN_ID} not found" in result.err) == (True, True)


SKIPPED = {**COMPARED, "verdict": None, "status": "skipped", "reason": "its [scores] are gone"}


@pytest.mark.parametrize(
    ("dataset", "evaluation", "texts"),
    [
        (None, None, []),
        ({"round": MADE}, None, ["2, after judge-", "300 solved", "10 new records left out"]),
        (
            {"round": MADE},
            {"previous": COMPARED, "simulated": True},
            ["better: 0.600 → 0.700", "200 test rows [yellow](simulated)"],
        ),
        ({"round": MADE}, {"previous": SKIPPED, "simulated": False}, ["skipped", "its \\[scores] are gone"]),
    ],
)
def test_the_summary_says_which_round_it_is(dataset: Any, evaluation: Any, texts: list[str]) -> None:
    shown = "\n".join(round_lines({"dataset": dataset, "evaluation": evaluation}))
    assert all(text in shown for text in texts)
    assert bool(shown) == bool(texts)
