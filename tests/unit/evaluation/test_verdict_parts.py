"""Slices, changed rows, and a judge's verdicts against people's."""

from __future__ import annotations

import pytest
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support

from rft.contracts.dataset import DatasetRow
from rft.evaluation.judges import Judged, judge_agreement, swapped_verdicts
from rft.evaluation.paired import ScorePair
from rft.evaluation.slices import by_name, by_quartile, changes, slices
from rft.tasks.base import Comparison

ROWS = [ScorePair(f"r{n}", f"g{n}", 0.0 if n % 2 else 1.0, 1.0 if n < 12 else 0.0) for n in range(24)]


def test_slices_are_corrected_for_their_number() -> None:
    names = {pair.row_id: "first" if n < 12 else "second" for n, pair in enumerate(ROWS)}
    found = {each.name: each for each in slices(ROWS, {"label": by_name(names)})}

    assert found["first"].difference.value == pytest.approx(0.5)
    assert found["second"].difference.value == pytest.approx(-0.5)
    for each in found.values():
        assert each.adjusted_p == pytest.approx(2 * (each.difference.p_value or 0))


def test_kinds_with_one_slice_and_small_slices_are_omitted() -> None:
    few = {pair.row_id: "rare" if n < 3 else "usual" for n, pair in enumerate(ROWS)}

    assert slices(ROWS, {"data_source": by_name({pair.row_id: "same" for pair in ROWS})}) == ()
    assert [each.name for each in slices(ROWS, {"label": by_name(few)})] == ["usual"]


def test_quartiles_hold_every_row_once() -> None:
    lengths = {f"r{n}": n for n in range(100)}
    quartiles = by_quartile(lengths)

    assert [len(rows) for rows in quartiles.values()] == [25, 25, 25, 25]
    assert sorted(row for rows in quartiles.values() for row in rows) == sorted(lengths)
    assert by_quartile({}) == {}
    assert len(by_quartile({"a": 5, "b": 5})) == 1


def test_regressions_and_improvements_have_up_to_ten_examples() -> None:
    found = changes([ScorePair(f"r{n:02d}", "g", 1.0, 0.4 - n / 100) for n in range(12)], solved=0.5)

    assert (found.regressions, found.improvements) == (12, 0)
    assert found.regressed[:2] == ("r11", "r10")
    assert len(found.regressed) == 10


def comparison(label: str, votes: tuple[str, ...]) -> Comparison:
    row = DatasetRow.model_validate(
        {"messages": [{"role": "user", "content": "?"}], "reference_answer": "", "task_id": "t", "domain": "d"}
        | {"data_source": "pandalm", "run_id": "r"}
    )
    return Comparison({}, label, votes, "Tie", row, {})


def test_a_judges_figures_match_scikit_learn() -> None:
    labels = ["Response 1", "Response 2", "Tie", "Response 1", "Response 2", "Response 1"]
    verdicts = ["Response 1", "Response 2", "Response 1", "Response 2", "Response 2", "Response 1"]
    voted = [comparison(label, (label, "Tie", label)) for label in labels]
    judged = [Judged(each, f"JUDGMENT: {word}\nREASONING: so") for each, word in zip(voted, verdicts, strict=True)]
    found = (judge_agreement({"tuned": judged}) or {})["tuned"]
    means = precision_recall_fscore_support(labels, verdicts, average="macro", zero_division=0)

    assert found.majority.kappa == pytest.approx(cohen_kappa_score(labels, verdicts), abs=1e-9)
    assert found.majority.macro_f1 == pytest.approx(means[2], abs=1e-9)
    assert [each.kappa for each in found.annotators][1] == pytest.approx(cohen_kappa_score(["Tie"] * 6, verdicts))


def test_swapped_responses_count_as_consistent_where_the_preference_stays() -> None:
    answers = ["JUDGMENT: Response 1", "JUDGMENT: Tie", "JUDGMENT: Response 2", "no idea"]
    mirrored = ["JUDGMENT: Response 2", "JUDGMENT: Tie", "JUDGMENT: Response 2", "x"]
    found = swapped_verdicts(list(zip(answers, mirrored, strict=True)))

    assert (found.consistent, found.n) == (2, 3)
