"""Each check alone, from evidence written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rft.contracts.grading import GRADER_ERROR, GradeResult, Metric
from rft.contracts.smoke_test import Verdict
from rft.smoke_test import checks
from rft.smoke_test.checks import Evidence, Thresholds
from rft.smoke_test.gate import judge
from rft.smoke_test.probes import Probe
from rft.smoke_test.replies import Scored
from tests.unit.smoke_test.test_probes import sampled

DEFAULTS = Thresholds()


def scored(row: int, kind: str, worth: float | str | None) -> Scored:
    """A probe with a score, with a breach (text), or with the grader's own error (None)."""
    probe = Probe(id=f"{row}{kind}", kind=kind, answer="", source=sampled(row))
    if isinstance(worth, str):
        return Scored(probe, breach=worth)
    metrics = () if worth is not None else (Metric(name=GRADER_ERROR, value=1.0, type="Metric"),)
    return Scored(probe, result=GradeResult(id=probe.id, aggregate_reward_score=worth or 0.0, metrics_list=metrics))


def evidence(*rows: tuple[Sequence[float | str | None], Sequence[float | str | None]], canned: str = "") -> Evidence:
    """One pair per row: worths of right answers, worths of wrong ones."""
    first = [scored(0, "canned", canned or 0.0)]
    others = [
        scored(n, kind, worth)
        for n, row in enumerate(rows)
        for kind, worths in zip(("right", "wrong"), row, strict=True)
        for worth in worths
    ]
    return Evidence(scores=(*first, *others), wanted={"train": len(rows), "validation": 0})


@pytest.mark.parametrize(
    ("worths", "verdict", "detail"),
    [
        ((1.0, 0.0), Verdict.PASS, "each of 3 answers got one score"),
        ((1.0, None), Verdict.PASS, "each of 3 answers got one score"),
        ((1.0, "it failed"), Verdict.BLOCK, "1 of 3 answers got no valid result: it failed"),
    ],
)
def test_contract(worths: tuple[float, float | str | None], verdict: Verdict, detail: str) -> None:
    check = checks.contract(evidence(([worths[0]], [worths[1]])), DEFAULTS)

    assert check.verdict == verdict
    assert check.detail.startswith(detail)


def test_contract_names_the_most_frequent_reasons_first_and_counts_the_rest() -> None:
    breaches = ["a", "b", "b", "c", "d", "e"]

    detail = checks.contract(evidence((breaches, [])), DEFAULTS).detail

    assert detail == "6 of 7 answers got no valid result: b; a; c; and 2 more reasons"


def test_liveness() -> None:
    assert checks.liveness(evidence(([1.0], [0.0])), DEFAULTS).verdict == Verdict.PASS
    assert checks.liveness(evidence(([None], [0.0])), DEFAULTS).verdict == Verdict.BLOCK
    assert checks.liveness(evidence(canned="it failed"), DEFAULTS).verdict == Verdict.NOT_DONE


@pytest.mark.parametrize(
    ("right", "wrong", "verdict"),
    [(1.0, 0.0, Verdict.PASS), (0.06, 0.0, Verdict.PASS), (0.03, 0.0, Verdict.BLOCK), (0.0, 0.0, Verdict.BLOCK)],
)
def test_spread(right: float, wrong: float, verdict: Verdict) -> None:
    assert checks.spread(evidence(*[([right], [wrong])] * 10), DEFAULTS).verdict == verdict


@pytest.mark.parametrize(
    ("row", "beaten"),
    [
        (([1.0], [0.0]), True),
        (([0.5], [0.5]), False),
        (([1.0], [0.0, 1.0]), False),
        (([1.0, 0.2], [0.3]), False),
        (([1.0, 0.4], [0.3, 0.0]), True),
    ],
)
def test_direction_asks_every_right_answer_to_beat_every_wrong_one(
    row: tuple[list[float], list[float]], beaten: bool
) -> None:
    check = checks.direction(evidence(row), DEFAULTS)

    assert (check.value, check.n) == (float(beaten), 1)


def test_direction_needs_nine_rows_in_ten() -> None:
    good, bad = ([1.0], [0.0]), ([0.0], [1.0])

    assert checks.direction(evidence(*[good] * 9, bad), DEFAULTS).verdict == Verdict.PASS
    assert checks.direction(evidence(*[good] * 8, bad, bad), DEFAULTS).verdict == Verdict.BLOCK


def test_direction_leaves_out_rows_where_a_score_is_missing() -> None:
    check = checks.direction(evidence(([1.0], [0.0]), ([None], [0.0]), ([1.0], ["it failed"]), ([1.0], [])), DEFAULTS)

    assert check.n == 1


def test_direction_without_wrong_answers_is_not_done() -> None:
    check = checks.direction(evidence(([1.0], []), ([1.0], [])), DEFAULTS)

    assert (check.verdict, check.value) == (Verdict.NOT_DONE, None)
    assert "probes" in check.detail


def test_minimum_is_the_mean_of_right_answers_and_the_threshold_itself_passes() -> None:
    rows = evidence(([1.0], [0.0]), ([0.0], [0.0]))

    assert checks.minimum(rows, Thresholds(minimum_score=0.5)).verdict == Verdict.PASS
    assert checks.minimum(rows, Thresholds(minimum_score=0.51)).verdict == Verdict.BLOCK


def test_minimum_leaves_errors_out_of_the_mean() -> None:
    assert checks.minimum(evidence(([1.0, None, "it failed"], [])), DEFAULTS).value == 1.0


def test_minimum_blocks_without_right_answers_and_is_not_done_where_none_was_scored() -> None:
    assert checks.minimum(evidence(([], [0.0])), DEFAULTS).verdict == Verdict.BLOCK
    assert checks.minimum(evidence(([None], [0.0])), DEFAULTS).verdict == Verdict.NOT_DONE
    assert checks.minimum(evidence(canned="it failed"), DEFAULTS).verdict == Verdict.NOT_DONE


def test_sample_warns_where_rows_are_missing() -> None:
    full, half = evidence(([1.0], [0.0])), evidence(([1.0], [0.0]), ([1.0], []))

    assert checks.sample(full, DEFAULTS).verdict == Verdict.PASS
    assert checks.sample(half, DEFAULTS).verdict == Verdict.WARN
    assert checks.sample(half, DEFAULTS).detail.startswith("1 of 2 train rows")


def test_checks_come_in_order_of_weight() -> None:
    names = [check.name for check in judge(evidence(([1.0], [0.0])), DEFAULTS)]

    assert names == ["contract", "liveness", "spread", "direction", "minimum", "sample"]
