"""The checks: each is one pure function from the evidence and the thresholds to a result."""

from __future__ import annotations

from rft.smoke_test.checks.annotators import human_agreement
from rft.smoke_test.checks.discrimination import direction, minimum, spread
from rft.smoke_test.checks.exploits import injection, length, master_keys, position
from rft.smoke_test.checks.result import CheckFunction
from rft.smoke_test.checks.stability import batch_independence, load, payload_shapes, repeatability
from rft.smoke_test.checks.validity import contract, liveness, sample

CHECKS: tuple[CheckFunction, ...] = (
    contract,
    liveness,
    spread,
    direction,
    minimum,
    repeatability,
    batch_independence,
    payload_shapes,
    injection,
    master_keys,
    length,
    position,
    human_agreement,
    load,
    sample,
)
"""In order of weight: fix the first that blocks first, as it may cause those below it."""
