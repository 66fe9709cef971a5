"""The checks: each is one pure function from evidence and thresholds to a result."""

from __future__ import annotations

from rft.smoke_test.checks.annotators import human_agreement
from rft.smoke_test.checks.behaviour import conversation, same_id, slowness, time_of_day
from rft.smoke_test.checks.derived import right_forms, style, wrong_answers
from rft.smoke_test.checks.discrimination import direction, minimum, spread
from rft.smoke_test.checks.exploits import injection, length, master_keys, position
from rft.smoke_test.checks.level import level
from rft.smoke_test.checks.result import CheckFunction
from rft.smoke_test.checks.stability import batch_independence, load, payload_shapes, repeatability
from rft.smoke_test.checks.validity import contract, liveness, sample

CHECKS: tuple[CheckFunction, ...] = (
    contract,
    liveness,
    spread,
    direction,
    minimum,
    level,
    right_forms,
    repeatability,
    batch_independence,
    payload_shapes,
    same_id,
    conversation,
    time_of_day,
    wrong_answers("unreadable"),
    wrong_answers("form_only"),
    wrong_answers("refusals"),
    wrong_answers("echo"),
    wrong_answers("containment"),
    wrong_answers("listing"),
    wrong_answers("hedging"),
    wrong_answers("negation"),
    wrong_answers("near_misses", equal=True),
    wrong_answers("special_numbers", equal=True),
    wrong_answers("json_variants"),
    wrong_answers("forged_references"),
    style,
    injection,
    master_keys,
    length,
    position,
    human_agreement,
    slowness,
    load,
    sample,
)
"""In order of priority: an earlier failure may cause those after it, so it must be fixed first."""
