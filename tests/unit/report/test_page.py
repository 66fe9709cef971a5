"""The page: safe, small, self-contained, and marked where its figures are simulated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.contracts.http.report import RolloutExample, RunReport
from rft.contracts.ledger import RunStatus
from rft.report.examples import MAX_TEXT
from rft.report.page import report_page
from tests.kit.fake_report import FakeReport
from tests.kit.rollouts import AT

HOSTILE = [
    "<script>alert(1)</script>",
    "</pre></details><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "</style><style>*{display:none}",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "[link](javascript:alert(1)) **bold**",
    "a\ud800b\x00",
    "x" * 100_000,
    "&lt;script&gt;",
]
VOID = {"meta", "link", "br", "img", "input", "hr", "line", "circle", "polyline"}


class Page(HTMLParser):
    """Its elements and attributes, whether they nest, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def report() -> RunReport:
    return FakeReport(answers_captured=True).trained().compared().write()


def with_text(report: RunReport, text: str) -> RunReport:
    """The report with this text wherever somebody else may have put it."""
    assert report.rollouts is not None
    assert report.dataset is not None
    assert report.evaluation_detail is not None
    example = RolloutExample(
        id=text, task_id=text, split="train", at=AT, score=0.5, answer_length=1, components={text: 0.5},
        prompt=text, answer=text,
    )  # fmt: skip
    rollouts = report.rollouts.model_copy(update={"highest": (example,) * 10, "lowest": (example,) * 10})
    rows = tuple(
        row.model_copy(update={"row_id": text, "prompt": text, "base_answer": text, "tuned_answer": text})
        for row in report.evaluation_detail.improvements
    )
    changes: dict[str, Any] = {
        "rollouts": rollouts,
        "headline": report.headline.model_copy(update={"sentence": text}),
        "evaluation_detail": report.evaluation_detail.model_copy(update={"improvements": rows, "regressions": rows}),
        "splits": tuple(split.model_copy(update={"labels": {text: 1}}) for split in report.splits),
        "lineage": report.lineage.model_copy(update={"source_uri": text}),
        "unreadable": (text,),
        "name": text,
    }
    return report.model_copy(update=changes)


def shape(page: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(sorted(attributes))) for tag, attributes in Page(page).elements]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_escaped_on_the_page(report: RunReport, text: str) -> None:
    page = report_page(with_text(report, text))
    assert shape(page) == shape(report_page(with_text(report, "plain")))
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ud800-\udfff]", page) == []


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_any_text_leaves_the_page_structure_unchanged(report: RunReport, text: str) -> None:
    assert shape(report_page(with_text(report, text))) == shape(report_page(with_text(report, "plain")))


def test_the_page_loads_and_runs_nothing(report: RunReport) -> None:
    page = Page(report_page(report))
    loading = {"src", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href", "style"}
    assert {tag for tag, _ in page.elements} & {"script", "img", "iframe", "object", "embed", "link", "form"} == set()
    assert [a for _, a in page.elements if loading & a.keys() or any(name.startswith("on") for name in a)] == []
    assert "url(" not in report_page(report)
    assert "@import" not in report_page(report)


def test_everything_nests_and_ids_are_unique(report: RunReport) -> None:
    page = Page(report_page(report))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert page.open == []
    assert len(ids) == len(set(ids))
    links = {a["href"] for tag, a in page.elements if tag == "a" and str(a.get("href")).startswith("#")}
    assert links <= {f"#{id}" for id in ids}  # noqa: A001 - HTML's own name


def test_the_verdict_comes_first(report: RunReport) -> None:
    text = Page(report_page(report)).text
    assert text.index(report.headline.sentence) < text.index("Evaluation")


def test_every_chart_has_its_figures_behind_it(report: RunReport) -> None:
    page = report_page(report)
    figures = page.split("<figure>")[1:]
    assert len(figures) >= 5
    assert [figure for figure in figures if "<table>" not in figure.split("</figure>")[0]] == []


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_data_is_marked_on_every_chart(report: RunReport, simulated: bool) -> None:
    page = report_page(report.model_copy(update={"simulated": simulated}))
    charts = page.split("<figure>")[1:]
    assert {">SIMULATED</text>" in chart.split("</figure>")[0] for chart in charts} == {simulated}
    assert ("· SIMULATED" in page, "No model was trained." in page) == (simulated, simulated)


def test_the_page_is_small_whatever_texts_it_holds(report: RunReport) -> None:
    fat = with_text(report, '"' * MAX_TEXT)
    assert len(report_page(fat).encode()) < 3 * 2**20


def test_texts_are_shown_only_where_the_stack_captures_answers() -> None:
    shown, hidden = (FakeReport(answers_captured=captured).trained().compared() for captured in (True, False))
    shown.write()
    hidden.write()
    for text in ("First answer to", "JUDGMENT: Response", "Answer 15 of batch"):
        assert text in shown.page
    for text in ("First answer to", "JUDGMENT: Response", "Answer 15 of batch", "Texts of"):
        assert text not in hidden.page
        assert text not in hidden.stored.model_dump_json()


def test_rollouts_with_answers_captured_earlier_omit_them() -> None:
    """The stack captured answers when the run trained, and does not any more."""
    fake = FakeReport(answers_captured=True).trained()
    sources = fake.sources
    fake.sources = type(sources)(sources.history, sources.store, sources.rollouts, answers_captured=False)
    fake.write(RunStatus.FAILED, "E", "c")
    assert "of batch" not in fake.page


def test_a_run_without_training_has_no_empty_sections() -> None:
    fake = FakeReport()
    fake.at(RunStatus.SMOKE_TESTING)
    fake.write(RunStatus.REJECTED, "GraderNotTrusted", "c")
    for heading in ("Training", "Rollouts", "Evaluation", "Calibration of"):
        assert f">{heading}" not in fake.page
