"""Rows in the forms that AWS and others publish are read unedited, or the reason says what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import Sample
from rft.rewards import finqa, gsm8k
from rft.rewards.components import score_of
from rft.tasks import row_probes, task
from rft.tasks.base import BadRecord, row_group
from rft.tasks.bedrock_rows import row_sample
from tests.kit.rows import row

CASES = Path(__file__).parents[4] / "shared" / "data" / "cases"
QUESTION = 'What is 50 + 22? Let\'s think step by step and output the final answer after "####".'
PAGE = (
    "Context:\nresults ( in millions ) .\n\nTable:\nitem | 2010 | 2009\nfreight | 16069 | 13373\n\n"
    "Question: what was the change in freight?\n\n"
    "Solve this step by step, then provide your final answer in the format: ANSWER: <your answer>"
)
SCORE = {"gsm8k": gsm8k.components, "finqa": finqa.components}

PUBLISHED = [
    ("gsm8k", "gsm8k", QUESTION, {"final_answer": "72", "steps": ["50", "72"]}, "openai/gsm8k"),
    ("gsm8k", "gsm8k", QUESTION, "50 + 22 = 72\n#### 72", "gsm8k"),
    ("rft", "gsm8k", QUESTION, {"final_answer": "72", "steps": ["50", "72"]}, "openai/gsm8k"),
    ("rft", "gsm8k", QUESTION, "#### 72", None),
    ("rft", "gsm8k", QUESTION, {"text": "#### 72"}, None),
    ("rft", "gsm8k", QUESTION, {"ground_truth": "72"}, None),
    ("rft", "gsm8k", QUESTION, {"solution": "it is 72\n#### 72"}, None),
    ("finqa", "finqa", PAGE, {"answer": "2696.0"}, "finqa"),
    ("rft", "finqa", PAGE, {"answer": "2696.0"}, "finqa"),
]


def read(name: str, raw: Any) -> DatasetRow:
    reader = task(name)
    return DatasetRow.model_validate(row(reader.read(raw), task=reader, position=1, run_id="run-1-2222222222"))


def raw_row(content: Any, reference: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], "reference_answer": reference} | more


def scores(grader: str, written: DatasetRow, answers: tuple[str, ...]) -> list[float]:
    samples: list[Sample] = [row_sample(written, answer) for answer in answers]
    return [score_of(SCORE[grader](sample)) for sample in samples]


@pytest.mark.parametrize(("name", "grader", "content", "reference", "source"), PUBLISHED)
def test_a_published_row_is_unchanged_and_its_probes_score_by_kind(
    name: str, grader: str, content: str, reference: Any, source: str | None
) -> None:
    written = read(name, raw_row(content, reference, **({"data_source": source} if source else {})))
    assert (written.messages[0].content, written.reference_answer) == (content, reference)
    for probes in (task(name).probes(written), row_probes(written)):
        assert scores(grader, written, probes.right) == [1] * len(probes.right) != []
        assert scores(grader, written, (*probes.wrong, *probes.swapped)) == [0] * (len(probes.wrong) + 1)


@pytest.mark.parametrize(("label", "verdict"), [(0, "Tie"), (1, "Response 1"), (2, "Response 2"), ("1", "Response 1")])
@pytest.mark.parametrize("place", ["reference", "row"])
def test_pandalm_rows_with_a_numbered_label_are_read(label: Any, verdict: str, place: str) -> None:
    raw = raw_row("Compare. Answer with JUDGMENT: and REASONING: lines.", {"label": label})
    if place == "row":
        raw = {key: value for key, value in raw.items() if key != "reference_answer"} | {"label": label}
    written = read("pandalm", raw)
    pandalm = task("pandalm")
    assert pandalm.label(written) == verdict
    assert pandalm.probes(written).right[0].startswith(f"JUDGMENT: {verdict}\n")
    assert all(not wrong.startswith(f"JUDGMENT: {verdict}\n") for wrong in pandalm.probes(written).wrong)


def test_a_raw_comparison_may_have_one_label_instead_of_annotators() -> None:
    raw = {"instruction": "Say hello.", "input": "", "response1": "Hello", "response2": "No", "label": 1}
    written = read("pandalm", raw)
    assert task("pandalm").label(written) == "Response 1"


@pytest.mark.parametrize("name", ["rft", "gsm8k"])
def test_content_parts_become_text(name: str) -> None:
    parts = [{"type": "text", "text": "What is 50 "}, {"type": "text", "text": "+ 22?"}]
    assert read(name, raw_row(parts, {"answer": "72"})).messages[0].content == "What is 50 + 22?"


def test_tool_calls_without_content_and_tool_turns_are_kept() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function"}]}
    messages = [{"role": "user", "content": "2 + 2?"}, call, {"role": "tool", "content": "4", "tool_call_id": "c1"}]
    written = read("rft", {"messages": messages, "reference_answer": "4"})
    dumped = [message.model_dump(exclude_unset=True) for message in written.messages]
    assert dumped == [messages[0], {key: call[key] for key in ("role", "tool_calls")}, messages[2]]
    assert "4" in written.prompt


@pytest.mark.parametrize("key", ["ground_truth", "answer", "solution"])
def test_a_reference_under_another_key_is_used_with_a_warning(key: str) -> None:
    raw = {"messages": [{"role": "user", "content": QUESTION}], key: "72"}
    example = task("rft").read(raw)
    assert (example.reference_answer, example.warnings) == ("72", (f"reference_from_{key}",))


USER, ASSISTANT = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
VERL = {"prompt": [USER], "reward_model": {"ground_truth": "1"}}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (raw_row("a", "b") | {"messages": [USER, ASSISTANT]}, "leave that turn out"),
        (VERL, "rename the key, and write reward_model.ground_truth as reference_answer"),
        ({"prompt": "a", "reference_answer": "1"}, "`prompt` where `messages` belongs"),
        (raw_row([{"type": "image"}], "1"), "is not text"),
        (raw_row("a", {"final_answer": "unknown"}), "holds no number"),
    ],
)
def test_an_unreadable_row_is_refused_with_advice(raw: Any, reason: str) -> None:
    name = "gsm8k" if "number" in reason else "rft"
    with pytest.raises(BadRecord, match=reason.replace(".", r"\.")):
        task(name).read(raw)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("rows_final_answer.jsonl", None),
        ("rows_content_parts.jsonl", None),
        ("rows_probe_mark.jsonl", None),
        ("rows_answer_in_prompt.jsonl", "assistant turn"),
        ("rows_prompt_key.jsonl", "`prompt` where `messages` belongs"),
    ],
)
def test_the_collected_files_are_read_or_refused_with_a_hint(file: str, reason: str | None) -> None:
    path = CASES / file
    if not path.exists():
        pytest.skip("shared/data/cases is not here")
    for line in path.read_text("utf-8").splitlines():
        if reason is None:
            assert task("rft").read(json.loads(line)).reference_answer
        else:
            with pytest.raises(BadRecord, match=reason):
                task("rft").read(json.loads(line))


COMPARED = "### Instruction:\nName a fruit.\n\n### Response 1:\nApple\n\n### Response 2:\n{}"
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize(
    ("name", "one", "other", "reference"),
    [
        ("pandalm", COMPARED.format("Pear"), COMPARED.format("Car"), {"label": 1}),
        ("pandalm", COMPARED.format("Pear"), COMPARED.format("Car"), "Response 1"),
        ("finqa", PAGE, PAGE.replace("16069", "16070"), {"answer": "2696.0"}),
        ("finqa", "what is 1 + 1?", "what is 1 + 2?", {"answer": "2"}),
        ("gsm8k", QUESTION, QUESTION.replace("50", "51"), {"final_answer": "72"}),
        ("rft", QUESTION, QUESTION.replace("50", "51"), "72"),
    ],
)
def test_a_row_of_bedrocks_form_is_in_the_group_it_was_read_into(
    name: str, one: str, other: str, reference: Any
) -> None:
    examples = [task(name).read(raw_row(content, reference)) for content in (one, other)]
    groups = [row_group(task(name), read(name, raw_row(content, reference))) for content in (one, other)]
    assert groups == [example.group for example in examples]
    assert groups[0] != groups[1]


@pytest.mark.parametrize("name", ["pandalm/comparisons.json", "finqa/questions.jsonl", "gsm8k/questions.jsonl"])
def test_a_shipped_record_is_in_one_group_before_and_after_it_is_written(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    records = json.loads(text) if name.endswith(".json") else [json.loads(line) for line in text.splitlines()]
    kind = name.partition("/")[0]
    read_into = [task(kind).read(record).group for record in records[:40]]
    written = [row_group(task(kind), read(kind, record)) for record in records[:40]]
    same = [[a == b for b in read_into] for a in read_into]
    assert [[a == b for b in written] for a in written] == same
