from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from rft.contracts.agreement import Agreement
from rft.smoke_test.agreement import UNPARSABLE, agreement, read_verdict
from rft.tasks.pandalm import PandaLm

REAL_FILE = Path(__file__).parents[4] / "shared/data/pandalm/testset-v1.json"
VERDICTS = st.sampled_from([0, 1, 2, "Tie", "Response 1", "2"])


@pytest.mark.parametrize(
    ("messy", "verdict"),
    [
        (1, "Response 1"),
        (2, "Response 2"),
        (0, "Tie"),
        (2.0, "Response 2"),
        ("1", "Response 1"),
        (" 2. ", "Response 2"),
        ("2.0", "Response 2"),
        ("0", "Tie"),
        ("Tie", "Tie"),
        ("TIE", "Tie"),
        ("**tie**", "Tie"),
        ("Response 1", "Response 1"),
        ("response_2", "Response 2"),
        ('"Response 2"', "Response 2"),
        ("[Response 1]", "Response 1"),
        ("JUDGMENT: Response 2\nREASONING: It is the better one.", "Response 2"),
        ("2\n\n### Reason: Response 1 is wrong.", "Response 2"),
        ("Response 1\n1", "Response 1"),
        (True, None),
        (False, None),
        (None, None),
        ("", None),
        ("  \n", None),
        (3, None),
        (1.5, None),
        (float("nan"), None),
        (float("inf"), None),
        ("3", None),
        ("Response 3", None),
        ("Response 1 or Response 2", None),
        ("1\n2", None),
        ("Neither is any good.", None),
        (["Response 1"], None),
        ({"verdict": 1}, None),
    ],
)
def test_untidy_verdicts_are_read_or_none(messy: object, verdict: str | None) -> None:
    assert read_verdict(messy) == verdict


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_value_can_be_read(value: object) -> None:
    assert read_verdict(value) in {"Response 1", "Response 2", "Tie", None}


@given(st.lists(st.tuples(VERDICTS, VERDICTS | st.booleans() | st.none() | st.text(max_size=3)), max_size=30))
def test_every_row_is_counted_once(pairs: list[tuple[Any, Any]]) -> None:
    found = agreement([t for t, _ in pairs], [p for _, p in pairs])

    assert found.n == len(pairs) == found.parsed + found.unparsable == found.unparsable_as_wrong.n
    for figures, rows in ((found, found.parsed), (found.unparsable_as_wrong, found.n)):
        assert sum(sum(row.values()) for row in figures.confusion.values()) == rows


def test_unreadable_verdicts_are_excluded_or_counted_as_wrong() -> None:
    found = agreement([1, 2, "Tie", 1], ["Response 1", "2", "who knows", True])

    assert (found.n, found.parsed, found.unparsable) == (4, 2, 2)
    assert (found.accuracy, found.kappa) == (1.0, 1.0)
    wrong = found.unparsable_as_wrong
    assert wrong.accuracy == 0.5
    assert wrong.macro_recall == pytest.approx((0.5 + 1 + 0) / 3)
    assert wrong.confusion["Tie"] == {"Response 1": 0, "Response 2": 0, "Tie": 0, UNPARSABLE: 1}
    theirs = cohen_kappa_score(["1", "2", "0", "1"], ["1", "2", "?", "?"])
    assert wrong.kappa == pytest.approx(theirs, abs=1e-9)


def test_a_row_unreadable_on_both_sides_is_no_agreement() -> None:
    found = agreement([None, 1, 2], ["", 1, 2])

    assert (found.parsed, found.accuracy, found.unparsable_as_wrong.accuracy) == (2, 1.0, 2 / 3)


def test_without_rows_there_are_no_figures() -> None:
    for empty in (agreement([], []), agreement([1, 2], [None, None])):
        assert (empty.parsed, empty.accuracy, empty.macro_f1, empty.kappa, empty.kappa_interval) == (0, *[None] * 4)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        agreement([1, 2], [1])


@pytest.fixture(scope="module")
def published() -> list[dict[str, Any]]:
    if not REAL_FILE.exists():
        pytest.skip("the published PandaLM test set is not here")
    records: list[dict[str, Any]] = json.loads(REAL_FILE.read_text())
    return records


def votes(records: Sequence[dict[str, Any]], annotator: int) -> list[int]:
    return [record[f"annotator{annotator}"] for record in records]


def test_agreement_of_annotators_matches_the_published_value(published: list[dict[str, Any]]) -> None:
    pairs = combinations([votes(published, n) for n in (1, 2, 3)], 2)

    kappas = [agreement(first, second).kappa for first, second in pairs]

    assert [round(kappa or 0, 3) for kappa in kappas] == [0.852, 0.879, 0.862]


def test_wins_of_the_longer_answer_match_the_published_rate(
    published: list[dict[str, Any]],
) -> None:
    def baseline(of: Any) -> Agreement:
        return agreement([each.label for each in examples], [of(each.extra) for each in examples])

    examples = [PandaLm().read(record) for record in published]
    sizes = [(len(each.extra["response1"]), len(each.extra["response2"])) for each in examples if each.extra]
    longer = [0 if first == second else 1 if first > second else 2 for first, second in sizes]
    found = agreement([each.label for each in examples], longer)
    second = baseline(lambda _: 2)

    assert (found.n, found.unparsable) == (999, 0)
    assert round(found.accuracy or 0, 3) == 0.611
    assert round(found.macro_f1 or 0, 3) == 0.485
    assert round(found.kappa or 0, 3) == 0.303
    assert round(second.accuracy or 0, 3) == 0.472
    assert second.kappa == 0.0
