from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.graders.pandalm import LABELS
from rft.rewards.reading.turns import without_thinking
from rft.rewards.verdicts import read_judgment, read_label

GOOD = "JUDGMENT: Response 1\nREASONING: Response 1 answers, Response 2 does not."


def test_the_two_requested_lines_are_well_formed() -> None:
    answer = read_judgment(GOOD)

    assert (answer.verdict, answer.well_formed) == ("Response 1", True)
    assert answer.reasoning == "Response 1 answers, Response 2 does not."


@pytest.mark.parametrize(
    "text",
    [
        "judgment: response 1\nreasoning: because.",
        "JUDGEMENT: Response 1\r\nREASONING: because.",
        "**JUDGMENT:** [Response 1]\n**REASONING:** [because.]",
        "**JUDGMENT**: **Response 1**\n\n_REASONING_: because.\n",
        "### JUDGMENT :  `response  1`.\n### REASONING:\u00a0because.",
        "> JUDGMENT: (RESPONSE 1)\n> REASONING: because.",
        "```\nJUDGMENT: Response1\nREASONING: because.\n```",
        "JUDGMENT\uff1aResponse 1\nREASONING\uff1abecause.",
        "<think>JUDGMENT: Response 2? No.</think>\nJUDGMENT: Response 1\nREASONING: because.",
        "JUDGMENT: Tie, at first sight\n</think>JUDGMENT: Response 1\nREASONING: because.",
    ],
)
def test_case_brackets_spaces_emphasis_and_thinking_do_not_matter(text: str) -> None:
    answer = read_judgment(text)

    assert (answer.verdict, answer.well_formed) == ("Response 1", True)
    assert answer.reasoning.strip(".") == "because"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "Response 1",
        "I prefer Response 1.",
        "JUDGMENT:\nREASONING: because.",
        "JUDGMENT: 1\nREASONING: because.",
        "JUDGMENT: Response 3\nREASONING: because.",
        "JUDGMENT: Response 11\nREASONING: because.",
        "JUDGMENT: not Response 1\nREASONING: because.",
        "JUDGMENT: Response 1 or Tie\nREASONING: because.",
        "JUDGMENT: [Response 1 / Response 2 / Tie]\nREASONING: because.",
        "MISJUDGMENT: Response 1\nREASONING: because.",
        "<think>JUDGMENT: Response 1\nREASONING: because.",
        "<think>JUDGMENT: Response 1\nREASONING: because.</think>",
    ],
)
def test_text_that_is_not_one_label_is_no_verdict(text: str) -> None:
    answer = read_judgment(text)

    assert (answer.verdict, answer.well_formed) == (None, False)


@pytest.mark.parametrize(
    "text",
    [
        "JUDGMENT: Response 1\nJUDGMENT: Response 2\nREASONING: because.",
        f"{GOOD}\nJUDGMENT: Tie",
        f"{GOOD}\n**judgement:** [response 2]\nREASONING: or not.",
        f"{GOOD}\nJUDGMENT: whatever you prefer",
    ],
)
def test_hedging_is_no_verdict(text: str) -> None:
    assert read_judgment(text).verdict is None


@pytest.mark.parametrize(
    "text",
    [
        "JUDGMENT: Response 1",
        "JUDGMENT: Response 1\nREASONING:",
        "JUDGMENT: Response 1\nREASONING: :",
        "JUDGMENT: Response 1\nbecause.",
        "Sure!\nJUDGMENT: Response 1\nREASONING: because.",
        "REASONING: because.\nJUDGMENT: Response 1",
        f"{GOOD}\nHope that helps.",
        f"{GOOD}\n{GOOD}",
    ],
)
def test_an_untidy_answer_keeps_its_verdict_but_not_its_form(text: str) -> None:
    answer = read_judgment(text)

    assert (answer.verdict, answer.well_formed) == ("Response 1", False)


def test_reasoning_extends_to_the_end_or_the_next_judgment() -> None:
    assert read_judgment("JUDGMENT: Tie\nREASONING: one\ntwo\nJUDGMENT: Tie\nthree").reasoning == "one\ntwo"
    assert read_judgment("JUDGMENT: Tie\nREASONING:\none").reasoning == "one"
    assert read_judgment("JUDGMENT: Tie\nREASONING: ... :").reasoning == ""


def decorated(label: str) -> st.SearchStrategy[str]:
    """A label as policies write it: any case, spaces, brackets and emphasis."""
    marks = st.sampled_from(["", "*", "**", "_", "`", " ", "  ", "\t", "> ", "# "])
    cased = st.sampled_from(
        [label, label.lower(), label.upper(), f"[{label}]", f"({label})", f'"{label}"', f"{label}."]
    )
    heading = st.sampled_from(["JUDGMENT", "Judgment", "judgement", "JUDGEMENT"])
    line = st.tuples(marks, heading, marks, cased, marks)
    return line.map(lambda p: f"{p[0]}{p[1]}{p[0].strip()}:{p[2]} {p[3]}{p[4]}")


prose = st.text(st.characters(exclude_characters="<>:\uff1a\r\n", exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(LABELS).flatmap(lambda label: st.tuples(st.just(label), decorated(label), prose, prose)))
def test_a_decorated_label_reads_as_itself(case: tuple[str, str, str, str]) -> None:
    label, line, thinking, reasons = case

    answer = read_judgment(f"<think>{thinking}\n</think>\n{line}\nREASONING: x{reasons}")

    assert (answer.verdict, answer.well_formed) == (label, True)


@settings(max_examples=1000, deadline=None)
@given(st.permutations(LABELS).flatmap(lambda two: st.tuples(decorated(two[0]), prose, decorated(two[1]), prose)))
def test_two_different_verdicts_are_none(parts: tuple[str, ...]) -> None:
    assert read_judgment("\n".join(parts)).verdict is None


@settings(max_examples=1000, deadline=None)
@given(st.text() | st.lists(st.sampled_from([*GOOD.split(" "), "\n", "<think>", "</think>", "Tie", ":"])).map(" ".join))
def test_any_text_can_be_read_and_a_verdict_has_a_line_of_its_own(text: str) -> None:
    answer = read_judgment(text)

    if answer.verdict is not None:
        lines = without_thinking(text).replace("\r", "\n").split("\n")
        assert any(
            read_label(line.partition(":")[2] or line.partition("\uff1a")[2]) == answer.verdict for line in lines
        )
    assert not (answer.well_formed and (answer.verdict is None or not answer.reasoning))


def test_a_long_answer_is_read_in_linear_time() -> None:
    """Patterns that backtrack would take minutes on these."""
    for unit in ("* ", "JUDGMENT ", "<think>", "# JUDGMENT*", "\n"):
        assert read_judgment(unit * 200_000).verdict is None
