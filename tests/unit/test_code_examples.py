"""The sample programming problems are right: each solution passes its tests, and nothing else does."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from rft.adapters.sandbox.processes import ProcessSandbox
from rft.contracts.dataset import DatasetRow
from rft.contracts.graders.code_tests import CodeTests
from rft.rewards.code import components, read_program
from rft.rewards.components import score_of
from rft.tasks import task
from tests.kit.project import ROOT
from tests.kit.rows import row

CODE = task("code")


def row_of(record: dict[str, Any]) -> DatasetRow:
    written = row(CODE.read(record), task=CODE, position=1, run_id="run-1-2222222222")
    return DatasetRow.model_validate(written)


def records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "examples/code/problems.jsonl").read_text("utf-8").splitlines()]


def test_the_readme_counts_the_problems_and_none_is_repeated() -> None:
    found = records()
    readme = (ROOT / "examples/code/README.md").read_text("utf-8")
    counts = (len(found), sum("tests" in r for r in found), sum("exchanges" in r for r in found))
    assert counts == tuple(int(n) for n in re.findall(r"\b(\d{2,3})\b", readme)[:3]) == (131, 107, 24)
    assert len({CODE.read(record).group for record in found}) == len(found)
    assert {record["domain"] for record in found} == set(re.findall(r"`(\w+)`", readme.split("`domain` |")[1])[:9])
    assert all(2 <= len(record.get("tests") or record["exchanges"]) <= 5 for record in found)


@pytest.mark.skipif(sys.platform != "linux", reason="code is sealed by the Linux kernel")
def test_only_the_solution_passes_its_tests() -> None:
    sandbox = ProcessSandbox()
    for record in records():
        written = row_of(record)
        assert isinstance(written.reference_answer, dict)
        tests = CodeTests.model_validate(written.reference_answer["code"])

        def score(answer: str, tests: CodeTests = tests) -> float:
            program = read_program(answer)
            results = None if program is None else sandbox.test(program, tests, remaining=lambda: 60)
            return score_of(components(tests, results))

        probes = CODE.probes(written)
        assert score(probes.right[0]) == 1, record["prompt"]
        assert all(score(answer) <= 0.75 for answer in (probes.wrong[0], probes.malformed[2])), record["prompt"]
    sandbox.close()
