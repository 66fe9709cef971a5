"""`rft evaluation`: every number of a run's evaluation with its name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.fakes.api import FakeApi
from tests.kit.rft_command import Rft

RUN_ID = "judge-20261120t120000-1a2b3c4d"
EVALUATION: dict[str, Any] = {
    "status": "completed",
    "reason": "",
    "report_uri": "s3://data-bucket/evaluation.json",
    "verdict": "better",
    "rows": 72,
    "groups": 27,
    "base": 0.5,
    "tuned": 0.9,
    "difference": 0.4,
    "interval": [0.2, 0.6],
    "p_value": 0.0001,
    "minimum_detectable": 0.2,
    "minimum_gain": 0.0,
    "hypothesis": "superiority",
    "protocol": {"digest": "sha256:0", "samples_per_row": 1, "unmatched": []},
    "simulated": False,
    "audit": None,
}
AUDIT: dict[str, Any] = {
    "judge": "vendor.judge-v1:0",
    "status": "completed",
    "reason": "",
    "verdict": "no_difference_shown",
    "agrees": False,
    "rows": 72,
    "difference": 0.01,
    "interval": [-0.1, 0.12],
}


def shown(rft: Rft, api: FakeApi, **evaluation: Any) -> str:
    view = {"run_id": RUN_ID, "status": "COMPLETED", "calibration": None, "evaluation": {**EVALUATION, **evaluation}}
    api.says((200, view))
    return rft("evaluation", RUN_ID).out


def test_the_verdict_is_shown_with_its_numbers(rft: Rft, api: FakeApi) -> None:
    out = shown(rft, api)
    for text in ("better: 0.500 → 0.900", "+0.200 to +0.600", "72 in 27 prompt groups", "0.2000 at 80 % power"):
        assert text in out
    assert "audit judge" not in out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "vendor.judge-v1:0 disagrees: no difference shown +0.0100 (-0.100 to +0.120)"),
        ({"verdict": "better", "agrees": True}, "vendor.judge-v1:0 agrees: better"),
        ({"status": "failed", "verdict": None, "reason": "20 of 72 [rows] have no score"}, "20 of 72 [rows] have no"),
    ],
)
def test_an_audit_says_whether_it_agrees(rft: Rft, api: FakeApi, changes: dict[str, Any], words: str) -> None:
    assert words in shown(rft, api, audit={**AUDIT, **changes})
