from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import Sample
from rft.rewards.components import score_of
from rft.rewards.finqa import components, stated_value
from rft.tasks.base import BadRecord
from rft.tasks.finqa import FinQa
from tests.kit.rows import row

TASK = FinQa()
QA = {
    "question": "what was the growth rate of net sales?",
    "answer": "7.5%",
    "exe_ans": 0.075,
    "program": "divide(90, 1200)",
}
RECORD = {
    "id": "alder/2021/page_20-1",
    "pre_text": ["results ( in millions )", ".", " sales grew . "],
    "table": [["", "2021", "2020"], ["net sales", "$  1,290", "$ 1,200"]],
    "post_text": ["prices were stable ."],
    "qa": QA,
}


def with_qa(**changes: Any) -> dict[str, Any]:
    qa = {key: value for key, value in (QA | changes).items() if value is not ...}
    return RECORD | {"qa": qa}


def row_of(record: dict[str, Any]) -> DatasetRow:
    return DatasetRow.model_validate(row(TASK.read(record), task=TASK, position=7, run_id="run-1-2222222222"))


def score(written: DatasetRow, answer: str) -> float:
    prompt = tuple((message.role, message.content) for message in written.messages)
    return score_of(components(Sample(id="1", prompt=prompt, answer=answer, reference=written.reference_answer)))


def test_the_prompt_is_the_page_in_its_order_and_the_question() -> None:
    system, user = row_of(RECORD).messages
    assert "\nANSWER: <answer>\n" in system.content
    assert user.content == (
        "results ( in millions )\nsales grew .\n\n"
        "|  | 2021 | 2020 |\n| net sales | $ 1,290 | $ 1,200 |\n\n"
        "prices were stable .\n\n"
        "Question: what was the growth rate of net sales?"
    )


def test_the_row_carries_what_the_grader_needs() -> None:
    written = row_of(RECORD)
    assert (written.domain, written.data_source) == ("finance", "finqa")
    assert written.reference_answer == {"question": QA["question"], "answer": "7.5%", "value": 0.075}
    in_millions = row_of(with_qa(question="what were net sales?")).reference_answer
    assert isinstance(in_millions, dict)
    assert in_millions["unit"] == "million"
    assert row_of(with_qa(answer="", exe_ans="yes")).reference_answer == {
        "question": QA["question"],
        "value": "yes",
    }


def test_questions_on_one_page_are_one_group() -> None:
    other = TASK.read(with_qa(question="did prices change?", answer="no", exe_ans="no"))
    assert TASK.read(RECORD).group == other.group
    assert TASK.read(RECORD | {"post_text": ["another page"]}).group != other.group


def test_an_answer_that_differs_from_the_value_gives_a_warning() -> None:
    assert TASK.read(with_qa(answer="9%")).warnings == ("answer_and_exe_ans_disagree",)
    assert TASK.read(RECORD).warnings == ()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("text", "not an object with qa"),
        ({"pre_text": []}, "not an object with qa"),
        (with_qa(question=...), "qa has no question"),
        (with_qa(answer=..., exe_ans=...), "neither an answer nor an exe_ans"),
        (with_qa(answer="n/a", exe_ans=None), "neither an answer nor an exe_ans"),
        (RECORD | {"pre_text": "text"}, "pre_text is not a list"),
        (RECORD | {"table": ["a"]}, "table is not a list of rows"),
        ({"qa": QA}, "neither text nor a table"),
    ],
)
def test_an_unusable_record_is_refused_with_the_reason(record: Any, reason: str) -> None:
    with pytest.raises(BadRecord, match=reason):
        TASK.read(record)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("7.5%", 0.075),
        ("380", 380.0),
        ("$ 12.5 million", 12.5),
        ("-3.2", -3.2473),
        ("0", 0.0),
        ("yes", "yes"),
        ("no", "no"),
        ("", 0.125),
        ("9%", 0.075),
        ("(5)", -5.0),
        ("14.5", 0.1446),
        ("1/3", 0.33333),
        ("2009", 2009.0),
    ],
)
def test_probes_score_by_their_kind(answer: str, value: Any) -> None:
    written = row_of(with_qa(answer=answer, exe_ans=value))
    probes = TASK.probes(written)
    assert [score(written, probe) for probe in probes.right] == [1, 1]
    assert {score(written, probe) for probe in (*probes.wrong, *probes.swapped, *probes.malformed)} == {0}
    assert None not in {stated_value(probe) for probe in (*probes.wrong, *probes.swapped)}
    assert {stated_value(probe) for probe in probes.malformed} == {None}
