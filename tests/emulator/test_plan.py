"""Simulation plans, their truncation, and errors in scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.simulator.plan import plan_simulation
from emulator.simulator.policy import GradedGroup, SimulatedRollout
from emulator.simulator.scores import step_scores, training_csv
from rft.contracts.dataset import DatasetRow, Message
from rft.contracts.grading import GRADER_ERROR, GradeResult, Metric


def test_steps_follow_from_rows_batch_and_epochs() -> None:
    made = plan_simulation(
        801, {"batchSize": 32, "epochCount": 2, "trainingSamplePerPrompt": 4}, max_steps=100, max_rollouts=1000
    )
    assert (made.steps_per_epoch, made.steps, made.simulated_steps, made.prompts) == (26, 52, 52, 32)
    assert made.cuts == []


@given(
    rows=st.integers(100, 20_000),
    requested=st.fixed_dictionaries(
        {
            "batchSize": st.integers(16, 512),
            "trainingSamplePerPrompt": st.integers(2, 16),
            "epochCount": st.integers(1, 50),
        }
    ),
    max_steps=st.integers(1, 50),
    max_rollouts=st.integers(1, 512),
)
def test_every_reduction_of_a_simulation_is_listed(
    rows: int, requested: dict[str, int], max_steps: int, max_rollouts: int
) -> None:
    made = plan_simulation(rows, requested, max_steps=max_steps, max_rollouts=max_rollouts)
    assert made.simulated_steps <= max_steps
    assert made.prompts == 1 or made.prompts * made.samples <= max_rollouts
    complete = made.simulated_steps == made.steps and made.prompts == made.batch
    assert complete == (made.cuts == [])


def row(reference: str) -> DatasetRow:
    return DatasetRow(
        messages=(Message(role="user", content="q"),),
        reference_answer=reference,
        task_id="t",
        domain="d",
        data_source="somebody-elses",
        run_id="r",
    )


def test_an_error_is_counted_and_is_not_a_score() -> None:
    failed = GradeResult(
        id="2",
        aggregate_reward_score=0.0,
        metrics_list=(Metric(name=GRADER_ERROR, value=1.0, type="Metric"),),
    )
    good = GradeResult(id="1", aggregate_reward_score=0.8)
    right, wrong = (SimulatedRollout(row("right"), "", behaviour) for behaviour in ("right", "wrong"))
    scores = step_scores(1, 1, [GradedGroup([right, right], [good, failed]), GradedGroup([right, wrong], [good, good])])
    assert (scores.rollouts, scores.errors, scores.flat_groups) == (4, 1, 1.0)
    assert scores.mean == pytest.approx(0.8)
    assert scores.accuracy == 0.75, "an answer that could not be graded is as right as it is"
    nothing = step_scores(1, 1, [GradedGroup([wrong, right], [failed, failed])])
    assert (nothing.errors, nothing.mean, nothing.spread) == (2, None, None)
    assert training_csv([nothing]).splitlines()[1] == b"1,1,,,,2,2,true,0.500000"
