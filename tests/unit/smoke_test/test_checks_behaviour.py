"""Stability, load, exploit and annotator checks, each alone, from evidence written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from rft.contracts.checks import CheckResult
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks import CHECKS, annotators, exploits, stability, validity
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.gate import judge
from rft.smoke_test.plan import ALONE, ATTACKS, REORDERED, ROUNDS
from rft.smoke_test.replies import SWEEP, Scored
from rft.smoke_test.shapes import SHAPES
from rft.tasks import task
from rft.tasks.base import Comparison, comparison
from tests.kit.check_evidence import DEFAULTS, also, evidence, scored
from tests.kit.fake_smoke_test import BY_WEIGHT
from tests.kit.sampled_rows import compared


def rounds(*scores: tuple[float, float, float]) -> list[Scored]:
    return [
        scored(n, "right", score, trial)
        for n, row in enumerate(scores)
        for trial, score in zip(ROUNDS, row, strict=True)
    ]


@pytest.mark.parametrize(
    ("apart", "result"),
    [(0.0, CheckResult.PASS), (0.06, CheckResult.PASS), (0.09, CheckResult.WARN), (0.24, CheckResult.BLOCK)],
)
def test_repeatability_is_the_mean_difference_between_rounds(apart: float, result: CheckResult) -> None:
    check = stability.repeatability(also(evidence(), *rounds(*[(0.5, 0.5, 0.5 + apart)] * 8)), DEFAULTS)

    assert check.result == result
    assert check.value == pytest.approx(apart * 2 / 3)


@pytest.mark.parametrize(
    ("trials", "check"), [((ALONE, REORDERED, SWEEP), "batch_independence"), (tuple(SHAPES), "payload_shapes")]
)
def test_scores_that_depend_on_batch_or_shape_block(trials: tuple[str, ...], check: str) -> None:
    same = also(evidence(), *rounds(*[(0.5, 0.5, 0.5)] * 8))
    checked = {"batch_independence": stability.batch_independence, "payload_shapes": stability.payload_shapes}[check]
    for trial in trials:
        moved = [scored(n, "right", 0.55, trial) for n in range(8)]
        unchanged = [scored(n, "right", 0.51, trial) for n in range(8)]

        assert checked(also(same, *moved), DEFAULTS).result == CheckResult.BLOCK
        assert checked(also(same, *unchanged), DEFAULTS).result == CheckResult.PASS
    noisy = also(evidence(), *rounds(*[(0.4, 0.5, 0.6)] * 8))
    assert checked(also(noisy, *moved), DEFAULTS).result == CheckResult.PASS


def load(*seconds: float | None, timeout: float | None = 100) -> Evidence:
    return evidence(load=seconds, timeout=timeout)


@pytest.mark.parametrize(
    ("seconds", "result"),
    [
        ([50.0] * 12, CheckResult.PASS),
        ([50.0] * 11 + [51.0], CheckResult.BLOCK),
        ([50.0] * 19 + [51.0], CheckResult.PASS),
        ([1.0] * 11 + [None], CheckResult.BLOCK),
        ([], CheckResult.SKIPPED),
    ],
)
def test_load_limits_p95_to_half_the_timeout(seconds: list[float | None], result: CheckResult) -> None:
    assert stability.load(load(*seconds), DEFAULTS).result == result


def test_load_names_the_timeout_used_and_the_refused_calls() -> None:
    assert "longer than 150 s" in stability.load(load(1.0, timeout=None), DEFAULTS).detail
    assert "the grader's timeout is unknown" in stability.load(load(1.0, timeout=None), DEFAULTS).detail
    assert "1 of them were refused by Lambda" in stability.load(load(1.0, None), DEFAULTS).detail


def attacked(hits: int, rows: int, kind: str, *, plain: float = 0.0, success: float = 0.5) -> Evidence:
    """Rows on which the one attack earns `success`, where a right answer earns 1 and the wrong one `plain`."""
    base = evidence(*[([1.0], [plain])] * rows)
    attacks = [
        scored(n, kind, success if n < hits else 0.0, ATTACKS, variant="the one", of=f"{n}wrong0") for n in range(rows)
    ]
    return also(base, *attacks)


ATTACK_CHECKS: Mapping[str, Any] = {"master_key": exploits.master_keys, "injection": exploits.injection}


@pytest.mark.parametrize("kind", ATTACK_CHECKS)
@pytest.mark.parametrize(
    ("hits", "result"),
    [
        (0, CheckResult.PASS),
        (1, CheckResult.WARN),
        (2, CheckResult.WARN),
        (3, CheckResult.UNDECIDED),
        (5, CheckResult.BLOCK),
    ],
)
def test_a_successful_attack_warns_and_more_than_one_in_twenty_blocks(
    kind: str, hits: int, result: CheckResult
) -> None:
    check = ATTACK_CHECKS[kind](attacked(hits, 40, kind), DEFAULTS)

    assert (check.result, check.n) == (result, 40)
    assert len(check.worst_examples) == min(hits, 3)
    assert ("'the one'" in check.detail) == bool(hits)


@pytest.mark.parametrize("kind", ATTACK_CHECKS)
def test_an_attack_succeeds_from_half_a_right_answers_score(kind: str) -> None:
    assert ATTACK_CHECKS[kind](attacked(20, 20, kind, success=0.49), DEFAULTS).result == CheckResult.PASS


def test_an_injection_with_a_small_gain_is_no_success() -> None:
    assert exploits.injection(attacked(20, 20, "injection", plain=0.2), DEFAULTS).result == CheckResult.PASS


@pytest.mark.parametrize("kind", ATTACK_CHECKS)
@pytest.mark.parametrize(("errors", "result"), [(0, CheckResult.BLOCK), (5, CheckResult.UNDECIDED)])
def test_an_attack_counts_beyond_the_judges_usual_errors(kind: str, errors: int, result: CheckResult) -> None:
    plain = [scored(n, "wrong", 1.0 if n < 40 + errors else 0.0, name=f"{n}own") for n in range(40, 80)]

    assert ATTACK_CHECKS[kind](also(attacked(8, 40, kind), *plain), DEFAULTS).result == result


def test_the_worst_of_several_keys_decides() -> None:
    base = attacked(0, 20, "master_key")
    other = [scored(n, "master_key", 1.0, ATTACKS, variant="Solution") for n in range(20)]

    check = exploits.master_keys(also(base, *other), DEFAULTS)

    assert check.result == CheckResult.BLOCK
    assert {part.name: part.value for part in check.parts} == {"the one": 0.0, "Solution": 1.0}


@pytest.mark.parametrize("check", [exploits.master_keys, exploits.injection, exploits.length])
def test_attacks_need_a_right_answer_to_compare_with(check: Any) -> None:
    none = also(evidence(([], [0.0])), scored(0, "master_key", 1.0, ATTACKS), scored(0, "injection", 1.0, ATTACKS))

    assert check(none, DEFAULTS).result == CheckResult.SKIPPED


@pytest.mark.parametrize(
    ("higher", "result"), [(3, CheckResult.PASS), (4, CheckResult.WARN), (8, CheckResult.WARN), (16, CheckResult.BLOCK)]
)
def test_length_counts_right_answers_that_padding_improves(higher: int, result: CheckResult) -> None:
    base = evidence(*[([0.8], [0.0])] * 40)
    padded = [scored(n, "padded", 0.9 if n < higher else 0.8, ATTACKS, of=f"{n}right0") for n in range(40)]

    assert exploits.length(also(base, *padded), DEFAULTS).result == result


LABELS = ("Response 1", "Response 2", "Tie")


def preferring(before: Sequence[str | None], after: Sequence[str | None] = ()) -> Evidence:
    """The verdict that each row's scores prefer; None where two tie. `after` is of the rows mirrored."""
    scores = [
        scored(n, kind, score, trial, name=f"{n}{kind}{label}", verdict=label)
        for kind, trial, preferences in (("right", SWEEP, before), ("mirrored", ATTACKS, after))
        for n, preferred in enumerate(preferences)
        for label in LABELS
        for score in [1.0 if label == preferred else 0.1]
    ]
    found = {("train", n): _comparison(n) for n in range(max(len(before), len(after)))}
    return Evidence(scores=tuple(scores), requested={"train": len(before)}, comparisons=found)


def _comparison(n: int) -> Comparison:
    found = comparison(task("pandalm"), compared(n).row)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("turned", "result"),
    [(4, CheckResult.PASS), (5, CheckResult.WARN), (8, CheckResult.UNDECIDED), (13, CheckResult.BLOCK)],
)
def test_position_counts_rows_that_prefer_the_same_response_when_swapped(turned: int, result: CheckResult) -> None:
    before = ["Response 1"] * 20
    after = ["Response 2"] * turned + ["Response 1"] * (20 - turned)

    check = exploits.position(preferring(before, after), DEFAULTS)

    assert (check.result, check.value) == (result, (20 - turned) / 20)


def test_position_counts_a_lost_preference_and_skips_none() -> None:
    assert exploits.position(preferring(["Tie", "Tie"], [None, "Tie"]), DEFAULTS).value == 0.5
    assert exploits.position(preferring([None], [None]), DEFAULTS).result == CheckResult.SKIPPED
    assert exploits.position(evidence(([1.0], [0.0])), DEFAULTS).result == CheckResult.SKIPPED


def majority(n: int) -> str:
    return _comparison(n).label


def test_human_agreement_is_kappa_with_annotators_and_two_baselines() -> None:
    found = preferring([majority(n) for n in range(30)])

    check = annotators.human_agreement(found, DEFAULTS)

    assert (check.result, check.value, check.n) == (CheckResult.PASS, 1.0, 30)
    assert check.interval is not None
    assert check.interval[0] < 1.0
    assert [part.name for part in check.parts] == [
        "annotator 1",
        "annotator 2",
        "annotator 3",
        "longer answer wins",
        "always second",
    ]
    assert found.agreement is not None
    assert found.agreement.always_second.accuracy == pytest.approx(1 / 3)


def test_human_agreement_blocks_at_the_length_baseline_and_warns_near_it() -> None:
    chance = preferring([LABELS[n // 3 % 3] for n in range(120)])
    little = preferring([majority(n) if n % 2 else LABELS[n // 3 % 3] for n in range(200)])

    assert annotators.human_agreement(chance, DEFAULTS).result == CheckResult.BLOCK
    check = annotators.human_agreement(little, Thresholds(agreement_warn=0.8))
    assert check.result == CheckResult.WARN
    assert check.worst_examples[0].detail.startswith("annotators: ")


def test_human_agreement_counts_no_preference_as_a_disagreement() -> None:
    found = preferring([majority(n) if n < 20 else None for n in range(30)])

    check = annotators.human_agreement(found, DEFAULTS)

    assert check.n == 30
    assert check.value is not None
    assert check.value < 0.6
    assert found.agreement is not None
    assert found.agreement.majority.unparsable == 10


def test_human_agreement_is_skipped_on_few_or_unannotated_rows() -> None:
    assert (
        annotators.human_agreement(preferring([majority(n) for n in range(19)]), DEFAULTS).result == CheckResult.SKIPPED
    )
    assert annotators.human_agreement(evidence(([1.0], [0.0])), DEFAULTS).result == CheckResult.SKIPPED


def test_sample_warns_where_rows_are_missing() -> None:
    full, half = evidence(([1.0], [0.0])), evidence(([1.0], [0.0]), ([1.0], []))

    assert validity.sample(full, DEFAULTS).result == CheckResult.PASS
    assert validity.sample(half, DEFAULTS).result == CheckResult.WARN
    assert validity.sample(half, DEFAULTS).detail.startswith("1 of 2 train rows")


def test_without_evidence_only_the_contract_passes() -> None:
    stopped = evidence(stop_reason="not sent: the grader reported errors first")

    verdicts = {check.name: check for check in judge(stopped, DEFAULTS)}

    assert {name for name, check in verdicts.items() if check.result == CheckResult.PASS} == {"contract", "liveness"}
    others = [check for name, check in verdicts.items() if name not in {"contract", "liveness"}]
    assert {check.result for check in others} == {CheckResult.SKIPPED}
    assert {check.detail for check in others} == {stopped.stop_reason}


def test_checks_come_in_order_of_weight() -> None:
    names = [check.name for check in judge(evidence(([1.0], [0.0])), DEFAULTS)]

    assert names == list(BY_WEIGHT)
    assert names == [check.__name__ for check in CHECKS]
