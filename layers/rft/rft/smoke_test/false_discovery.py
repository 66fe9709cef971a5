"""Limits the rate of false blocks over all checks (Benjamini and Hochberg 1995). Pure.

Each check alone blocks a sound grader in one of forty samples. Thirty such checks would block half of all sound
graders, so a block that rests on an interval is corrected for the number of checks.
"""

from __future__ import annotations

from collections.abc import Sequence

from rft.contracts.checks import Check, CheckResult
from rft.smoke_test.statistics import chance_beyond

FALSE_SHARE = 0.05
"""Accepted share of blocks that are due to chance."""


def without_false_blocks(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Turns each block that chance explains, given the number of checks, into an undecided result.

    Blocks are ranked by chance. The n-th stands if its chance is ≤ n / (checks with an interval) of FALSE_SHARE, or if
    a later one stands. Blocks by rule (without an interval beyond the limit) always stand and rank first.
    """
    tested = sum(check.interval is not None for check in checks)
    ranked = sorted(chance(check) for check in checks if check.result == CheckResult.BLOCK)
    limit = max((p for n, p in enumerate(ranked, 1) if p <= FALSE_SHARE * n / max(tested, 1)), default=0.0)
    return tuple(
        _undecided(check) if check.result == CheckResult.BLOCK and chance(check) > limit else check for check in checks
    )


def chance(check: Check) -> float:
    """How often a grader at the limit would measure as bad; 0 for a block by rule."""
    if check.chance is not None:
        return check.chance
    if check.interval is None or check.limit is None or check.value is None:
        return 0.0
    near = check.interval[0] if check.comparison == "<=" else check.interval[1]
    surely = near > check.limit if check.comparison == "<=" else near < check.limit
    return chance_beyond(check.value, near, check.limit) if surely else 0.0


def _undecided(check: Check) -> Check:
    parts = tuple(
        part.model_copy(update={"result": CheckResult.UNDECIDED}) if part.result == CheckResult.BLOCK else part
        for part in check.parts
    )
    detail = f"{check.detail}; by chance one of so many checks may measure this"
    return check.model_copy(update={"result": CheckResult.UNDECIDED, "detail": detail, "parts": parts})
