"""The sample datasets are what their READMEs say, and large and clean enough for a run."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.datasets.duplicates import NEAR, similarity
from rft.datasets.fingerprints import FingerprintReader, PromptTemplate
from rft.datasets.records import SourceBytes, read_records
from rft.datasets.render import row_body
from rft.tasks import task
from rft.tasks.base import Example

EXAMPLES = Path(__file__).parents[2] / "examples"
NUMBER = r"-?\d+(?:\.\d+)?"
EQUATION = re.compile(rf"(?<![\d.])({NUMBER}) ([-+x/]) ({NUMBER}) = ({NUMBER})")
LAST_LINE = re.compile(rf"(?:\A|\n)#### ({NUMBER})\Z")


@pytest.fixture(scope="module")
def comparisons() -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((EXAMPLES / "pandalm" / "comparisons.json").read_text("utf-8"))
    return records


@pytest.fixture(scope="module")
def problems() -> list[dict[str, Any]]:
    lines = (EXAMPLES / "rft" / "math.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def read(task_name: str, records: list[dict[str, Any]]) -> list[Example]:
    return [task(task_name).read(record) for record in records]


def votes(record: dict[str, Any]) -> set[int]:
    return {record["annotator1"], record["annotator2"], record["annotator3"]}


def test_comparisons_have_pandalms_raw_form(comparisons: list[dict[str, Any]]) -> None:
    keys = ["idx", "motivation_app", "cmp_key", "instruction", "input", "response1", "response2"]
    assert all(list(record) == [*keys, "annotator1", "annotator2", "annotator3"] for record in comparisons)
    assert [record["idx"] for record in comparisons] == list(range(205))
    for record in comparisons:
        first, second = record["cmp_key"].split("_")
        assert first != second
        assert record["motivation_app"]
        assert votes(record) <= {0, 1, 2}


def test_comparisons_cover_many_prompts_with_two_or_three_records_each(comparisons: list[dict[str, Any]]) -> None:
    groups = Counter(example.group for example in read("pandalm", comparisons))
    assert len(groups) == 76
    assert set(groups.values()) == {2, 3}


def test_no_comparison_is_repeated_in_either_order(comparisons: list[dict[str, Any]]) -> None:
    pairs = {
        (each["instruction"], each["input"], frozenset((str(each["response1"]), str(each["response2"]))))
        for each in comparisons
    }
    assert len(pairs) == len(comparisons)
    assert all(len(pair) == 2 for *_, pair in pairs)


def test_labels_are_balanced_by_position(comparisons: list[dict[str, Any]]) -> None:
    labels = Counter(example.label for example in read("pandalm", comparisons))
    assert labels == {"Response 1": 86, "Response 2": 96, "Tie": 23}


def test_annotators_mostly_agree(comparisons: list[dict[str, Any]]) -> None:
    assert Counter(len(votes(record)) for record in comparisons) == {1: 167, 2: 35, 3: 3}


def test_length_alone_does_not_predict_the_label(comparisons: list[dict[str, Any]]) -> None:
    lengths = [(len(str(record["response1"])), len(str(record["response2"]))) for record in comparisons]
    longer = ["Response 1" if first > second else "Response 2" for first, second in lengths]
    labels = [example.label for example in read("pandalm", comparisons)]
    assert sum(map(str.__eq__, longer, map(str, labels))) / len(labels) < 0.611  # PandaLM's own file: 61.1 %


def test_comparisons_include_the_irregularities_of_the_published_file(comparisons: list[dict[str, Any]]) -> None:
    answers = [record[key] for record in comparisons for key in ("response1", "response2")]
    assert answers.count("") == 2
    assert [answer for answer in answers if not isinstance(answer, str)] == [True]
    assert sum(example.warnings == ("answer_not_text",) for example in read("pandalm", comparisons)) == 1


def test_problems_are_distinct_rows_in_bedrocks_format(problems: list[dict[str, Any]]) -> None:
    rows = [DatasetRow.model_validate(problem | {"run_id": "example"}) for problem in problems]
    assert [row.task_id for row in rows] == [f"math-{number:03d}" for number in range(1, 151)]
    assert all([message.role for message in row.messages] == ["system", "user"] for row in rows)
    assert len({example.group for example in read("rft", problems)}) == 150


def test_right_probes_end_in_the_reference_and_wrong_ones_do_not(problems: list[dict[str, Any]]) -> None:
    for problem in problems:
        reference, probes = problem["reference_answer"]["answer"], problem["probes"]
        assert re.fullmatch(NUMBER, reference)
        assert [last_number(answer) for answer in probes["right"]] == [reference] * 2
        wrong = {float(last_number(answer)) for answer in probes["wrong"]}
        assert len(wrong - {float(reference)}) == 2


def test_the_working_of_right_probes_is_correct(problems: list[dict[str, Any]]) -> None:
    operations = {"+": float.__add__, "-": float.__sub__, "x": float.__mul__, "/": float.__truediv__}
    for problem in problems:
        equations = EQUATION.findall(problem["probes"]["right"][0])
        assert equations
        for left, sign, right, result in equations:
            assert operations[sign](float(left), float(right)) == pytest.approx(float(result), abs=1e-9)


def last_number(answer: str) -> str:
    found = LAST_LINE.search(answer)
    assert found, answer
    return found[1]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("rft", "math.jsonl"),
        ("gsm8k", "questions.jsonl"),
        ("finqa", "questions.jsonl"),
        ("pandalm", "comparisons.json"),
        ("code", "problems.jsonl"),
    ],
)
def test_no_split_of_an_example_can_leak(name: str, file: str) -> None:
    """Prompts of different groups are not nearly the same, so whichever split they fall into."""
    reader = task(name)
    with (EXAMPLES / name / file).open("rb") as stream:
        records = [(record, reader.read(record.value)) for record in read_records(SourceBytes(stream))]
    bodies = [row_body(example, reader, record.position) + b"}" for record, example in records]
    found = FingerprintReader(PromptTemplate.of(bodies))([("", body) for body in bodies])
    rows = [(example.group, each.minhash) for (_, example), each in zip(records, found, strict=True)]
    near = [
        (one[0], other[0])
        for one, other in combinations(rows, 2)
        if one[0] != other[0] and one[1] and other[1] and similarity(one[1], other[1]) >= NEAR - 0.01
    ]
    assert near == []
