"""The sample datasets of the rule-based tasks are what their READMEs say, and large enough for a run."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import Sample
from rft.rewards import finqa, gsm8k
from rft.rewards.components import score_of
from rft.rewards.reading.numbers import read_number
from rft.tasks import task
from tests.kit.project import ROOT
from tests.kit.rows import row

NOTE = re.compile(r"([-+*/\d. ]+) = <<([-+*/\d.]+)=(-?[\d.]+)>>(-?\d+(?:\.\d+)?)")
SCORERS = {"gsm8k": gsm8k.components, "finqa": finqa.components}


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "examples" / name / "questions.jsonl").read_text("utf-8").splitlines()]


def rows(name: str) -> list[DatasetRow]:
    known = task(name)
    read = [
        row(known.read(r), task=known, position=n, run_id="run-1-2222222222") for n, r in enumerate(records(name), 1)
    ]
    return [DatasetRow.model_validate(each) for each in read]


def score(name: str, written: DatasetRow, answer: str) -> float:
    prompt = tuple((message.role, message.content) for message in written.messages)
    sample = Sample(id="1", prompt=prompt, answer=answer, reference=written.reference_answer)
    return score_of(SCORERS[name](sample))


@pytest.mark.parametrize(("name", "groups"), [("gsm8k", 180), ("finqa", 60)])
def test_there_are_enough_records_and_all_are_valid(name: str, groups: int) -> None:
    read = [task(name).read(record) for record in records(name)]
    assert len(read) == 180
    assert len({example.group for example in read}) == groups
    assert [example.warnings for example in read if example.warnings] == []


@pytest.mark.parametrize("name", SCORERS)
def test_the_tasks_grader_distinguishes_its_probes(name: str) -> None:
    for written in rows(name):
        probes = task(name).probes(written)
        assert {score(name, written, answer) for answer in probes.right} == {1}
        assert {score(name, written, answer) for answer in (*probes.wrong, *probes.malformed, *probes.swapped)} == {0}


def test_problems_have_gsm8ks_form_and_solutions_that_add_up() -> None:
    for record in records("gsm8k"):
        assert list(record) == ["question", "answer"]
        *steps, last = record["answer"].split("\n")
        assert re.fullmatch(r"#### -?[\d,]+(?:\.\d+)?", last)
        for shown, noted, result, again in NOTE.findall("\n".join(steps)):
            assert shown.replace(" ", "").endswith(noted)
            assert result == again
            assert _computed(noted) == Fraction(result)


def test_problems_have_the_answers_stated_in_the_readme() -> None:
    finals = [record["answer"].rpartition("#### ")[2] for record in records("gsm8k")]
    assert sum("." in final for final in finals) == 15
    assert any("," in final for final in finals)
    assert any(final.startswith("-") for final in finals)
    assert all(read_number(final) for final in finals)


def test_questions_have_finqas_form_and_all_its_kinds_of_answer() -> None:
    found = records("finqa")
    assert all(list(record) == ["id", "pre_text", "table", "post_text", "qa"] for record in found)
    assert all(list(record["qa"]) == ["question", "answer", "exe_ans", "program"] for record in found)
    assert len({record["id"] for record in found}) == 180
    answers = [record["qa"]["answer"] for record in found]
    for kind in (r"-\d.*%", r"\d.*%", r"\$ .* million", r"\d{1,3}(,\d{3})+", r"-[\d,]+", r"\d+\.\d+", "yes", "no"):
        assert any(re.fullmatch(kind, answer) for answer in answers), kind


def _computed(calculation: str) -> Fraction:
    """The value of a calculation without parentheses."""
    value = Fraction(0)
    for sign, product in re.findall(r"(^|[-+])(-?[\d.]+(?:[*/][\d.]+)*)", calculation):
        factors = re.findall(r"(^|[*/])(-?[\d.]+)", product)
        term = Fraction(1)
        for operator, factor in factors:
            term = term / Fraction(factor) if operator == "/" else term * Fraction(factor)
        value += -term if sign == "-" else term
    return value
