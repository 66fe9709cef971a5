"""The step with few rows, few answers, or a grader that cannot be found."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.checks import CheckResult
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import GraderRequest
from rft.errors import InvalidRequest
from rft.rewards.samples import read_sample
from tests.kit.broken_graders import constant
from tests.kit.fake_smoke_test import (
    FOREIGN,
    RUN,
    FakeSmokeTest,
    pandalm_row,
    rft_row,
)
from tests.kit.fakes.grader import CallableGrader, honest, result


def test_a_foreign_grader_without_a_version_is_reported_as_not_pinned() -> None:
    fake, grader = FakeSmokeTest(row=rft_row), CallableGrader(exact)
    fake.run(grader, task="rft", grader={"lambda_arn": FOREIGN})
    assert (grader.arns, grader.published) == ({FOREIGN}, [])
    assert not fake.report.grader_pinned


def test_a_retried_step_gives_the_same_outcome() -> None:
    fake = FakeSmokeTest()

    first, second = fake.run(honest), fake.run(honest)

    assert first == second
    assert [event.after for event in fake.ledger.events(RUN)] == [RunStatus.PREPARING, RunStatus.SMOKE_TESTING]


def test_few_validation_rows_are_all_taken_and_the_report_says_so() -> None:
    fake = FakeSmokeTest(validation=3)

    outcome = fake.run(honest)

    assert outcome.trusted
    sample = fake.check("sample")
    assert sample.result == CheckResult.WARN
    assert sample.detail.startswith("32 of 32 train rows and 3 of 8 validation rows have right and wrong answers")


def exact(batch: list[dict[str, Any]]) -> Any:
    samples = [(raw, read_sample(raw)) for raw in batch]
    return [result(raw, float(sample.answer == sample.reference)) for raw, sample in samples]


def test_rows_with_their_own_probes_are_sampled_first() -> None:
    def row(n: int) -> dict[str, Any]:
        probes = {"right": [f"number {n}"], "wrong": ["something else"]}
        return rft_row(n, probes=probes) if n % 12 == 0 else rft_row(n)

    fake = FakeSmokeTest(row=row)

    outcome = fake.run(exact, task="rft", grader={"lambda_arn": FOREIGN})

    assert outcome.trusted
    assert outcome.grader_arn == FOREIGN
    direction = fake.check("direction")
    assert (direction.result, direction.n) == (CheckResult.PASS, 12)


def test_without_wrong_answers_direction_is_skipped_and_not_passed() -> None:
    fake = FakeSmokeTest(row=rft_row)

    outcome = fake.run(exact, task="rft", grader={"name": "pandalm"})

    assert outcome.trusted
    skipped = {name for name, verdict in fake.verdicts().items() if verdict == "skipped"}
    unknown = {"containment", "echo", "special_numbers", "json_variants", "forged_references", "listing"}
    assert skipped == {"direction", "position", "human_agreement", "time_of_day"} | unknown
    assert fake.verdicts()["sample"] == "warn"


@pytest.mark.parametrize("score", [0.5, 1.0])
def test_a_constant_grader_is_detected_without_wrong_answers(score: float) -> None:
    fake = FakeSmokeTest(row=rft_row)

    outcome = fake.run(constant(score), task="rft", grader={"name": "pandalm"})

    assert outcome.cause.startswith(f"spread: the grader is constant at about {score:.2f}")


def test_without_a_right_answer_the_grader_is_rejected_with_advice() -> None:
    fake = FakeSmokeTest(row=lambda n: rft_row(n) | {"reference_answer": {"steps": [n]}})

    outcome = fake.run(constant(1.0), task="rft", grader={"name": "pandalm"})

    assert not outcome.trusted
    assert outcome.cause.startswith("minimum: no sampled row has a right answer, so nothing proves the grader; add ")


@pytest.mark.parametrize(
    ("task_name", "grader", "field", "says"),
    [
        ("pandalm", GraderRequest(name="pandaml"), "grader.name", "no grader 'pandaml' is deployed"),
        ("rft", None, "grader", "this task has no grader of its own"),
    ],
)
def test_a_grader_that_cannot_be_found_names_the_field_and_those_deployed(
    task_name: str, grader: GraderRequest | None, field: str, says: str
) -> None:
    fake = FakeSmokeTest(row=rft_row if task_name == "rft" else pandalm_row)

    with pytest.raises(InvalidRequest, match=says) as refused:
        fake.run(honest, task=task_name, grader=grader and grader.model_dump())

    assert refused.value.field == field
    assert "deployed: finqa, gsm8k, pandalm" in str(refused.value)
    assert fake.ledger.get(RUN).status == RunStatus.SMOKE_TESTING
