"""Every way of being broken is found, for its own reason and by name; what is honest passes."""

from __future__ import annotations

import pytest

from rft.contracts.checks import CheckResult
from tests.kit.broken_graders import NOT_A_REPLY, UNTRUE
from tests.kit.fake_smoke_test import RUN, FakeSmokeTest
from tests.kit.fakes.grader import CallableGrader, honest

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
    fake = FakeSmokeTest()

    outcome = fake.run(grade)

    assert not outcome.trusted
    assert fake.report.reasons[0].startswith("contract: ")
    assert reason in fake.report.reasons[0]
    assert outcome.cause.startswith(fake.report.reasons[0])
    summary = fake.ledger.get(RUN).smoke_test
    assert summary is not None
    assert summary.reasons == fake.report.reasons


@pytest.mark.parametrize("name", UNTRUE)
def test_a_grader_with_useless_scores_is_rejected_by_its_check(name: str) -> None:
    make, check, words = UNTRUE[name]
    fake = FakeSmokeTest()

    outcome = fake.run(make())

    assert not outcome.trusted
    assert fake.check(check).result == CheckResult.BLOCK, fake.report.reasons
    assert words in fake.check(check).detail
    assert f"{check}: {fake.check(check).detail}" in fake.report.reasons
    assert len(fake.check(check).worst_examples) <= 3
    assert all(example.task_id.startswith("pandalm-") for example in fake.check(check).worst_examples)


@pytest.mark.parametrize("check", ALONE)
def test_a_single_fault_is_detected_by_a_single_check(check: str) -> None:
    fake = FakeSmokeTest()

    fake.run(UNTRUE[ALONE[check]][0]())

    blocks = [name for name, verdict in fake.verdicts().items() if verdict == "block"]
    assert blocks == [*(["style"] if check == "length" else []), check]


def test_a_slow_grader_is_rejected_for_its_load() -> None:
    fake = FakeSmokeTest()

    fake.run(CallableGrader(honest, seconds=140, timeout=270))

    assert fake.report.reasons == ("load: 4 of 4 parallel batches took longer than 135 s, 50% of the grader's timeout",)
    assert fake.report.times.load_p95_seconds == 140
