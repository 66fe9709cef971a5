"""Graders score collected public cases as people would: one test per case of `data/cases/answers.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import Sample
from rft.rewards import finqa, format, gsm8k  # noqa: A004  named after what it checks
from rft.rewards.components import score_of
from rft.tasks import task
from tests.kit.rows import row

CASES = Path(__file__).parents[4] / "shared" / "data" / "cases" / "answers.json"
GRADERS = {"gsm8k": gsm8k.components, "finqa": finqa.components, "format": format.components}


def cases() -> list[Any]:
    if not CASES.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="shared/data/cases/answers.json is not here"))]
    return [pytest.param(case, id=case["id"]) for case in json.loads(CASES.read_text("utf-8"))]


def prompt_and_reference(case: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], Any]:
    if "raw" not in case:
        return (("user", case["question"]),), case["reference_answer"]
    reader = task(case["task"])
    written = row(reader.read(case["raw"]), task=reader, position=1, run_id="run-1-2222222222")
    messages = DatasetRow.model_validate(written).messages
    return tuple((message.role, message.content) for message in messages), written["reference_answer"]


@pytest.mark.parametrize("case", cases())
def test_a_published_case_scores_as_expected(case: dict[str, Any]) -> None:
    prompt, reference = prompt_and_reference(case)
    sample = Sample(id="1", prompt=prompt, answer=case["answer"], reference=reference)
    assert score_of(GRADERS[case.get("grader") or case["task"]](sample)) == case["expected"], case["why"]
