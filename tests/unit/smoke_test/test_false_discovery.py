"""Of many checks, one that is beyond its limit by chance blocks nothing; what is certain does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.smoke_test.false_discovery import chance, without_false_blocks
from rft.smoke_test.statistics import wilson

LIMIT = 0.05


def rate(hits: int, n: int = 40, **more: object) -> Check:
    """A check of a rate that blocks where its interval is beyond 5 %."""
    interval = wilson(hits, n)
    result = CheckResult.BLOCK if interval[0] > LIMIT else CheckResult.PASS
    fields = {"name": "c", "result": result, "detail": "x", "n": n, "value": hits / n, "interval": interval}
    return Check.model_validate({**fields, "comparison": "<=", "limit": LIMIT, **more})


PASSING = [rate(0)] * 20
BARELY, CERTAIN = rate(6), rate(30)


def results(*checks: Check) -> list[CheckResult]:
    return [check.result for check in without_false_blocks(checks)]


def test_a_check_barely_beyond_its_limit_among_many_is_undecided() -> None:
    assert BARELY.result == CheckResult.BLOCK
    assert results(BARELY) == [CheckResult.BLOCK]
    assert results(BARELY, *PASSING)[0] == CheckResult.UNDECIDED


def test_a_check_far_beyond_its_limit_blocks_among_any_number() -> None:
    assert results(CERTAIN, *PASSING * 10)[0] == CheckResult.BLOCK


def test_certain_blocks_make_a_doubtful_one_likely() -> None:
    assert results(*[CERTAIN] * 12, BARELY, *PASSING)[12] == CheckResult.BLOCK


def test_a_block_by_rule_is_not_corrected() -> None:
    rule = Check(name="contract", result=CheckResult.BLOCK, detail="x", n=40, value=0.02, limit=0)
    inside = rate(1, result=CheckResult.BLOCK)
    assert results(rule, inside, *PASSING)[:2] == [CheckResult.BLOCK] * 2


def test_parts_are_undecided_with_their_check() -> None:
    part = CheckPart(name="c/form", n=40, value=0.1, result=CheckResult.BLOCK)
    found = without_false_blocks([rate(6, parts=(part,)), *PASSING])[0]
    assert found.parts[0].result == CheckResult.UNDECIDED
    assert found.detail == "x; by chance one of so many checks may measure this"


def test_values_that_should_be_high_are_read_from_their_high_end() -> None:
    low = Check(
        name="m", result=CheckResult.BLOCK, detail="", value=0.4, interval=(0.3, 0.49), comparison=">=", limit=0.5
    )
    assert 0.01 < chance(low) < 0.025


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30))
def test_correction_never_adds_a_block_or_changes_other_results(hits: list[int]) -> None:
    before = [rate(each) for each in hits]
    for was, is_now in zip(before, without_false_blocks(before), strict=True):
        assert is_now == was or (was.result, is_now.result) == (CheckResult.BLOCK, CheckResult.UNDECIDED)


@pytest.mark.parametrize("hits", range(6, 40))
def test_the_threshold_never_exceeds_that_of_a_single_check(hits: int) -> None:
    assert chance(rate(hits)) <= 0.025
