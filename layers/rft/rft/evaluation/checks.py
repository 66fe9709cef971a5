"""Dataset-level checks: statistical power of the test split, and the base model's difficulty. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rft.contracts.checks import Check, CheckResult, CheckSummary
from rft.contracts.dataset import Manifest
from rft.contracts.run_request import RunRequest
from rft.evaluation.choice import row_limit
from rft.evaluation.verdict import FEWEST_GROUPS, RELEVANT_GAIN, groups_to_show, planned_detectable

if TYPE_CHECKING:  # row preparation does not import calibration at run time
    from rft.contracts.calibration import CalibrationSummary

MISSES_WARN = 0.5
"""Share of rows without a right answer above which most of a training step may be wasted."""


def planned_test_split(request: RunRequest, manifest: Manifest) -> Check:
    """Power of the test split under the request's row limit."""
    test = manifest.files.get("test")
    rows, groups = (test.rows, test.groups) if test else (0, 0)
    return split_check(rows, groups, most_rows=row_limit(request.evaluation))


def split_check(rows: int, groups: int, *, most_rows: int) -> Check:
    """The smallest gain that a test split of this size can detect, computed before any cost.

    A rough bound: it assumes right-or-wrong answers of which a quarter change; graded scores detect smaller gains.
    """
    name = "test_split"
    if not rows or not groups:
        return Check(
            name=name, result=CheckResult.SKIPPED, detail="there is no test split, so the model will not be evaluated"
        )
    answered = min(rows, most_rows)
    independent = max(1, round(groups * answered / rows))
    smallest, needed = planned_detectable(independent), groups_to_show(RELEVANT_GAIN)
    enough = (
        f"{RELEVANT_GAIN * 100:g} points take about {math.ceil(needed * rows / groups):,} rows in {needed:,} groups"
    )
    few = independent < FEWEST_GROUPS
    shown = (
        "detect no gain reliably" if few or smallest is None else f"show a gain of {smallest * 100:.0f} points or more"
    )
    return Check(
        name=name,
        result=CheckResult.WARN if few else CheckResult.PASS,
        detail=f"{answered:,} test rows in {independent:,} prompt groups {shown}; {enough}",
        n=answered,
        value=smallest,
        unit="%",
        statistic="smallest gain shown at 80 % power",
    )


def base_model_misses(calibration: CalibrationSummary) -> CheckSummary:
    """Share of rows for which calibration found no right answer."""
    missed, name = calibration.never_right, "base_model_misses"
    if missed is None or not missed.n:
        why = f"calibration {calibration.status}: {calibration.reason}"
        return CheckSummary(name=name, result=CheckResult.SKIPPED, detail=why)
    share = missed.hits / missed.n
    return CheckSummary(
        name=name,
        result=CheckResult.WARN if share > MISSES_WARN else CheckResult.PASS,
        detail=f"{missed.hits} of {missed.n} rows got no right answer from the base model",
        n=missed.n,
        value=share,
        interval=missed.interval,
        comparison="<=",
        warn_limit=MISSES_WARN,
        unit="%",
    )


def replaced(checks: Sequence[CheckSummary], found: CheckSummary) -> tuple[CheckSummary, ...]:
    return tuple(found if check.name == found.name else check for check in checks)
