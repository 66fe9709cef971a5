"""Every way of being broken is found, for its own reason and by name; what is honest passes."""

from __future__ import annotations

import pytest

from rft.contracts.smoke_test import Verdict
from tests.fakes.grader import CallableGrader, honest
from tests.fakes.smoke_test import RUN, World
from tests.fakes.zoo import NOT_A_REPLY, UNTRUE

ALONE = {
    "minimum": "too strict",
    "payload_shapes": "reads the top level only",
    "injection": "injectable by JSON",
    "master_keys": "master-key believer",
    "length": "longer is better",
}
"""Graders that are honest in everything but one thing, which no other check may be needed to find."""


@pytest.mark.parametrize("name", NOT_A_REPLY)
def test_a_grader_that_breaks_the_contract_is_rejected_with_its_own_reason(name: str) -> None:
    grade, reason = NOT_A_REPLY[name]
    world = World()

    outcome = world.run(grade)

    assert not outcome.trusted
    assert world.report.reasons[0].startswith("contract: ")
    assert reason in world.report.reasons[0]
    assert outcome.cause.startswith(world.report.reasons[0])
    summary = world.ledger.get(RUN).smoke_test
    assert summary is not None
    assert summary.reasons == world.report.reasons


@pytest.mark.parametrize("name", UNTRUE)
def test_a_grader_whose_scores_are_worth_nothing_is_rejected_by_name(name: str) -> None:
    make, check, words = UNTRUE[name]
    world = World()

    outcome = world.run(make())

    assert not outcome.trusted
    assert world.check(check).verdict == Verdict.BLOCK, world.report.reasons
    assert words in world.check(check).detail
    assert f"{check}: {world.check(check).detail}" in world.report.reasons
    assert len(world.check(check).worst) <= 3
    assert all(example.task_id.startswith("pandalm-") for example in world.check(check).worst)


@pytest.mark.parametrize("check", ALONE)
def test_a_single_fault_is_found_by_a_single_check(check: str) -> None:
    world = World()

    world.run(UNTRUE[ALONE[check]][0]())

    assert [name for name, verdict in world.verdicts().items() if verdict == "block"] == [check]


def test_a_slow_grader_is_rejected_for_its_load() -> None:
    world = World()

    world.run(CallableGrader(honest, seconds=140, timeout=270))

    assert world.report.reasons == (
        "load: 4 of 4 parallel batches took longer than 135 s, 50% of the grader's timeout",
    )
    assert world.report.times.load_p95_seconds == 140
