"""`rft grader test --format`, and the pytest plugin."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rft_cli.graders.grader_gate import gate_grader
from tests.kit.rft_command import Rft
from tests.kit.zoo.graders import BROKEN
from tests.kit.zoo.honest import HONEST
from tests.kit.zoo.rows import numbers

CONTAINS, HONEST_NUMBER = "contains", "exact number"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, numbers())))
    (tmp_path / "broken.py").write_text(BROKEN[CONTAINS].code)
    (tmp_path / "honest.py").write_text(HONEST[HONEST_NUMBER].code)
    return tmp_path


def printed(rft: Rft, files: Path, report_format: str) -> str:
    options = ("--dataset", files / "rows.jsonl", "--task", "rft", "--limit", "10", "--format", report_format)
    result = rft("grader", "test", files / "broken.py", *options)
    assert result.status == 1
    return result.out


def test_junit_has_a_case_for_each_check_and_counts_those_that_block(rft: Rft, files: Path) -> None:
    suite = ElementTree.fromstring(printed(rft, files, "junit"))  # noqa: S314  our own output
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert {"containment", "listing", "hedging"} <= failed
    assert suite.get("failures") == str(len(failed))
    assert suite.get("tests") == str(len(suite))


def test_sarif_has_a_rule_for_each_code_and_a_place(rft: Rft, files: Path) -> None:
    (run,) = json.loads(printed(rft, files, "sarif"))["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == rules >= {"containment/inside_number"}
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == str(files / "broken.py")


def test_false_passes_come_with_the_answer_that_was_paid(rft: Rft, files: Path) -> None:
    report = json.loads(printed(rft, files, "falsepass"))
    assert report["verdict"] == "fail"
    assert all(each["response"] for each in report["false_passes"] if "/" in each["attack"])


def test_the_gate_raises_with_what_blocks_and_lets_codes_be_allowed(files: Path) -> None:
    broken = gate_grader(str(files / "broken.py"), files / "rows.jsonl", task="rft", limit=10)
    with pytest.raises(AssertionError, match=r"containment/inside_number: .*Compare whole values"):
        broken.assert_trusted()
    broken.assert_trusted(allow=[finding.code for finding in broken.findings])
    honest = gate_grader(str(files / "honest.py"), files / "rows.jsonl", task="rft", limit=10)
    honest.assert_trusted()
    assert honest.value("minimum") == 1
