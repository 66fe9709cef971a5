"""Validity, score and level checks, each alone, from evidence written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rft.contracts.checks import CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks import discrimination, exploits, validity
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.probes import Probe
from rft.smoke_test.replies import Scored
from tests.kit.check_evidence import DEFAULTS, ScoreOrBreach, also, evidence, scored
from tests.kit.sampled_rows import sampled


@pytest.mark.parametrize(
    ("scores", "result", "detail"),
    [
        ((1.0, 0.0), CheckResult.PASS, "each of 3 answers got one score"),
        ((1.0, None), CheckResult.PASS, "each of 3 answers got one score"),
        ((1.0, "it failed"), CheckResult.BLOCK, "1 of 3 answers got no valid result: it failed"),
    ],
)
def test_contract(scores: tuple[float, ScoreOrBreach], result: CheckResult, detail: str) -> None:
    check = validity.contract(evidence(([scores[0]], [scores[1]])), DEFAULTS)

    assert check.result == result
    assert check.detail.startswith(detail)


def test_contract_names_frequent_reasons_first_and_counts_the_rest() -> None:
    breaches = ["a", "b", "b", "c", "d", "e"]

    check = validity.contract(evidence((breaches, [])), DEFAULTS)

    assert check.detail == "6 of 7 answers got no valid result: b; a; c; and 2 more reasons"
    assert [example.task_id for example in check.worst_examples] == ["rft-0"]


def test_contract_names_the_payload_shape_that_breaks_it() -> None:
    shaped = scored(0, "right", "it failed with KeyError", "metadata")

    check = validity.contract(also(evidence(([1.0], [0.0])), shaped), DEFAULTS)

    assert check.detail.endswith("it failed with KeyError (payload shape: metadata)")


def test_liveness() -> None:
    assert validity.liveness(evidence(([1.0], [0.0])), DEFAULTS).result == CheckResult.PASS
    assert validity.liveness(evidence(([None], [0.0])), DEFAULTS).result == CheckResult.BLOCK
    assert validity.liveness(evidence(canned="it failed"), DEFAULTS).result == CheckResult.SKIPPED


def test_liveness_groups_equal_reasons_and_names_no_absent_judge() -> None:
    wrong = [scored(row, "wrong", None, name=f"w{row}") for row in range(3)]
    failed = [replace(one, reason="KeyError: 'x'") for one in wrong]
    detail = validity.liveness(also(evidence(), *failed, scored(4, "wrong", None)), DEFAULTS).detail
    assert f"KeyError: 'x' (3, for example {failed[0].probe.source.row.task_id})" in detail
    assert "it gave no reason (1, for example" in detail
    assert "judge" not in detail


def test_liveness_blocks_a_judge_that_was_never_called() -> None:
    def called(value: float) -> Evidence:
        probe = Probe(id="x", kind="right", answer="", source=sampled(0), right=True)
        return Evidence(scores=(Scored(probe, score=1.0, judge={"judge_called": value}),), requested={})

    assert validity.liveness(called(0.0), DEFAULTS).result == CheckResult.BLOCK
    assert "is 0 for every right answer" in validity.liveness(called(0.0), DEFAULTS).detail
    assert validity.liveness(called(1.0), DEFAULTS).result == CheckResult.PASS


@pytest.mark.parametrize(
    ("right", "wrong", "result"),
    [
        (1.0, 0.0, CheckResult.PASS),
        (0.06, 0.0, CheckResult.PASS),
        (0.03, 0.0, CheckResult.BLOCK),
        (0.0, 0.0, CheckResult.BLOCK),
    ],
)
def test_spread(right: float, wrong: float, result: CheckResult) -> None:
    assert discrimination.spread(evidence(*[([right], [wrong])] * 10), DEFAULTS).result == result


@pytest.mark.parametrize(
    ("flat", "result"), [(5, CheckResult.PASS), (6, CheckResult.WARN), (8, CheckResult.WARN), (9, CheckResult.BLOCK)]
)
def test_spread_counts_rows_on_which_all_answers_tie(flat: int, result: CheckResult) -> None:
    rows = [([1.0], [1.0])] * flat + [([1.0], [0.0])] * (10 - flat)

    check = discrimination.spread(evidence(*rows), DEFAULTS)

    assert check.result == result
    assert check.parts[0].value == flat / 10


def test_spread_separates_constant_graders_from_those_that_miss_errors() -> None:
    seen = scored(0, "empty", 0.0)

    assert discrimination.spread(evidence(([0.5], [0.5])), DEFAULTS).detail.startswith(
        "the grader is constant at about 0.50"
    )
    assert discrimination.spread(also(evidence(([0.5], [0.5])), seen), DEFAULTS).detail.startswith(
        "right and wrong answers earn alike, about 0.50"
    )


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        (([1.0], [0.0]), 0),
        (([0.5], [0.5]), 0.5),
        (([1.0], [0.0, 1.0]), 0.25),
        (([1.0, 0.2], [0.3]), 0.5),
        (([1.0, 0.4], [0.3, 0.0]), 0),
        (([0.0], [0.5]), 1),
    ],
)
def test_direction_is_the_share_of_pairs_lost_and_a_tie_counts_half(
    row: tuple[list[float], list[float]], lost: float
) -> None:
    check = discrimination.direction(evidence(row), DEFAULTS)

    assert (check.value, check.n) == (lost, 1)


def test_direction_counts_an_answer_with_its_verdict_swapped() -> None:
    check = discrimination.direction(also(evidence(([0.5], [])), scored(0, "swapped", 0.6)), DEFAULTS)

    assert check.result == CheckResult.BLOCK


@pytest.mark.parametrize(
    ("bad", "result"),
    [(4, CheckResult.PASS), (5, CheckResult.WARN), (10, CheckResult.UNDECIDED), (20, CheckResult.BLOCK)],
)
def test_direction_blocks_where_the_interval_is_beyond_one_pair_in_five(bad: int, result: CheckResult) -> None:
    rows = [([1.0], [0.0])] * (40 - bad) + [([0.0], [1.0])] * bad

    check = discrimination.direction(evidence(*rows), DEFAULTS)

    assert check.result == result
    assert check.interval is not None
    assert check.interval[0] < bad / 40 < check.interval[1]
    assert check.worst_examples[0].task_id in {f"rft-{n}" for n in range(40 - bad, 40)}


def test_direction_leaves_out_rows_where_a_score_is_missing() -> None:
    check = discrimination.direction(
        evidence(([1.0], [0.0]), ([None], [0.0]), ([1.0], ["it failed"]), ([1.0], [])), DEFAULTS
    )

    assert check.n == 1


def test_direction_needs_wrong_answers_and_says_how_to_add_them() -> None:
    right = evidence(([1.0], []), ([1.0], []))

    check = discrimination.direction(also(right, scored(0, "empty", 1.0)), DEFAULTS)

    assert check.result == CheckResult.SKIPPED
    assert "probes" in check.detail


@pytest.mark.parametrize("kind", ["off_topic", "empty"])
def test_an_off_topic_or_empty_answer_scored_as_right_is_a_master_key(kind: str) -> None:
    base = evidence(*[([1.0], [0.0])] * 20)

    check = exploits.master_keys(also(base, *(scored(n, kind, 0.6) for n in range(20))), DEFAULTS)

    assert (check.result, f"'{kind}'" in check.detail) == (CheckResult.BLOCK, True)


@pytest.mark.parametrize(
    ("right", "result"),
    [([1.0, 0.6], CheckResult.PASS), ([1.0, 0.5], CheckResult.WARN), ([1.0, 0.0], CheckResult.WARN)],
)
def test_minimum_is_the_mean_of_right_answers_and_equality_passes(right: list[float], result: CheckResult) -> None:
    rows = evidence(*[([score], [0.0]) for score in right])

    assert discrimination.minimum(rows, DEFAULTS).result == result
    assert discrimination.minimum(rows, Thresholds(minimum_block=0.81)).result == CheckResult.UNDECIDED


def test_minimum_blocks_where_the_whole_interval_is_too_low() -> None:
    rows = evidence(*[([0.4], [0.0])] * 10)

    assert discrimination.minimum(rows, DEFAULTS).result == CheckResult.BLOCK


def test_minimum_leaves_errors_out_of_the_mean() -> None:
    assert discrimination.minimum(evidence(([1.0, None, "it failed"], [])), DEFAULTS).value == 1.0


def test_minimum_blocks_without_right_answers_and_skips_unscored_ones() -> None:
    assert discrimination.minimum(evidence(([], [0.0])), DEFAULTS).result == CheckResult.BLOCK
    assert discrimination.minimum(evidence(([None], [0.0])), DEFAULTS).result == CheckResult.SKIPPED
    assert discrimination.minimum(evidence(canned="it failed"), DEFAULTS).result == CheckResult.SKIPPED
