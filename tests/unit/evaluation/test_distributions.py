"""Each distribution against scipy's."""

from __future__ import annotations

import pytest
from scipy import stats
from scipy.special import betainc

from rft.evaluation import distributions

FREEDOMS = (1, 2, 3.5, 9, 16, 49, 199, 5000)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_student_distribution_matches_scipy(freedom: float) -> None:
    for t in (-40.0, -3.1, -1.0, -1e-6, 0.0, 0.2, 2.1, 12.0):
        assert distributions.student_cdf(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), abs=1e-10)
        two_sided = 2 * stats.t.sf(abs(t), freedom)
        assert distributions.student_two_sided(t, freedom) == pytest.approx(two_sided, abs=1e-10)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_student_quantiles_match_scipy(freedom: float) -> None:
    for share in (0.001, 0.025, 0.2, 0.5, 0.8, 0.975, 0.999):
        theirs = stats.t.ppf(share, freedom)
        assert distributions.student_quantile(share, freedom) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_the_incomplete_beta_function_matches_scipy() -> None:
    for x in (0.0, 0.001, 0.3, 0.5, 0.97, 1.0):
        for a, b in ((0.5, 0.5), (8, 0.5), (2, 30), (100, 0.5)):
            assert distributions.incomplete_beta(x, a, b) == pytest.approx(betainc(a, b, x), abs=1e-10)


def test_the_binomial_test_matches_scipy() -> None:
    for n in (1, 2, 9, 40, 301):
        for hits in {0, 1, n // 3, n // 2, n}:
            assert distributions.binomial_two_sided(hits, n) == pytest.approx(stats.binomtest(hits, n).pvalue, abs=1e-9)


def test_the_binomial_test_without_trials_has_p_value_1() -> None:
    assert distributions.binomial_two_sided(0, 0) == 1.0
