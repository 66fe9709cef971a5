"""How runs end, by evaluating the state machine's own expressions."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from rft.contracts.steps import (
    ApprovalInput,
    ApprovalOutcome,
    ForecastOutcome,
    RunOutcome,
    SmokeTestOutcome,
    StartedJob,
    TrainingCheck,
)
from tests.kit.project import MACHINE, STATES, TASKS
from tests.statemachine.machine import choose, evaluated, targets

WITH_A_MODEL = {"DeployModel", "CheckDeployment", "CompareModels", "PromoteModel", "CheckPromotion"}
"""Steps after training, whose failure leaves a completed run."""

ENDS_NO_RUN = {"WriteReport", "RecordOutcome", "CalibrateBase", "WaitForTraining", "WaitForQuota"}
"""Steps whose failure is no end of a run, or is none of the two above."""

HOSTILE = 'He said "no"\nand {% $left %} \\ then'


def ending(outcome: dict[str, Any], recorded: str | None = None) -> tuple[str, dict[str, Any]]:
    """The final state, and its fields, for RecordOutcome's input and the ledger's record after it."""
    states = {"input": outcome, "result": {"Payload": {"status": recorded or outcome["status"]}}}
    handed_on = evaluated(STATES["RecordOutcome"]["Output"], states=states)
    final, state_input = choose("HowDidItEnd?", handed_on)
    fields = {key: STATES[final][key] for key in ("Error", "Cause") if key in STATES[final]}
    return final, evaluated(fields, states={"input": state_input})


def recorded_as(outcome: dict[str, Any]) -> RunOutcome:
    """What record_outcome is called with; fails where that breaks its contract."""
    states = {"input": outcome, "context": {"Execution": {"Input": {"run_id": "a-20260102t030405-0123abcd"}}}}
    return RunOutcome.model_validate(evaluated(TASKS["RecordOutcome"]["Arguments"]["Payload"], states=states))


@pytest.mark.parametrize(
    "step",
    [n for n in TASKS if n in STATES and n not in ENDS_NO_RUN | WITH_A_MODEL],
)
@pytest.mark.parametrize("caught", [{"Error": "E", "Cause": HOSTILE}, {"Error": "States.Timeout"}])
def test_an_error_in_any_step_is_recorded_and_fails_the_execution(step: str, caught: dict[str, str]) -> None:
    catch = TASKS[step]["Catch"][-1]
    outcome = evaluated(catch["Output"], states={"errorOutput": caught})
    assert catch["Next"] == "WriteReport"
    assert recorded_as(outcome).model_dump(include={"status", "error", "cause"}) == {
        "status": "FAILED",
        "error": caught["Error"],
        "cause": caught.get("Cause", ""),
    }
    assert ending(outcome) == ("RunFailed", {"Error": caught["Error"], "Cause": caught.get("Cause", "")})


@pytest.mark.parametrize("step", sorted(WITH_A_MODEL))
def test_an_error_after_training_completes_the_run_with_its_reason(step: str) -> None:
    catch = TASKS[step]["Catch"][-1]
    outcome = evaluated(catch["Output"], states={"errorOutput": {"Error": "E", "Cause": HOSTILE}})
    assert catch["Next"] == "WriteReport"
    assert (recorded_as(outcome).status, recorded_as(outcome).error) == ("COMPLETED", "E")
    assert ending(outcome) == ("Succeeded", {})


def test_an_error_in_the_evaluation_completes_the_run_with_its_reason() -> None:
    parts = [{"model": "base", "first": 0, "answers": 64}, {"error": "ModelNotInvocable", "cause": HOSTILE}]
    target, outcome = choose("AllEvaluated?", parts)
    assert target == "WriteReport"
    assert (recorded_as(outcome).status, recorded_as(outcome).error) == ("COMPLETED", "ModelNotInvocable")
    assert choose("AllEvaluated?", parts[:1])[0] == "CompareModels"


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (None, "PrepareDataset"),
        ({"stage": "training"}, "PrepareDataset"),
        ({"stage": "evaluation"}, "DeployModel"),
        ({"stage": "promotion"}, "PromoteModel"),
    ],
)
def test_a_run_begins_at_the_stage_of_its_input(start: dict[str, str] | None, first: str) -> None:
    assert MACHINE["StartAt"] == "StartFrom?"
    assert choose("StartFrom?", {}, run_input={"start": start})[0] == first


def test_a_calibration_that_fails_does_not_end_the_run() -> None:
    (catch,) = TASKS["CalibrateBase"]["Catch"]
    assigned = evaluated(catch["Assign"], states={"errorOutput": {"Error": "E", "Cause": HOSTILE}})
    assert (catch["Next"], assigned) == ("ForecastRun", {"calibration_error": f"E: {HOSTILE}"})


@pytest.mark.parametrize(("pending", "follows"), [(True, "CalibrateBase"), (False, "ForecastRun")])
def test_a_calibration_is_repeated_until_all_rows_are_answered(pending: bool, follows: str) -> None:
    outcome = {"blocked": False, "cause": "", "pending": pending, "completed_chunks": 28}
    assert choose("Learnable?", outcome)[0] == follows
    payload = {"completed_chunks": TASKS["CalibrateBase"]["Arguments"]["Payload"]["completed_chunks"]}
    for state_input, completed in (({}, 0), (outcome, 28)):
        assert evaluated(payload, states={"input": state_input})["completed_chunks"] == completed


def calibration(mode: str, enabled: bool | None) -> dict[str, Any]:
    return {"request": {"mode": mode, "calibration": {"enabled": enabled}, "evaluation": {"enabled": enabled}}}


@pytest.mark.parametrize(
    ("mode", "enabled", "calibrated"),
    [
        ("train", None, True),
        ("train", True, True),
        ("train", False, False),
        ("pilot", None, True),
        ("preflight", None, False),
        ("preflight", True, True),
    ],
)
def test_a_preflight_run_is_calibrated_on_request_only(mode: str, enabled: bool | None, calibrated: bool) -> None:
    target, _ = choose("CalibrationNeeded?", {}, run_input=calibration(mode, enabled))
    assert (target == "CalibrateBase") is calibrated


def test_a_reused_calibration_is_not_repeated() -> None:
    run_input = calibration("train", None) | {"start": {"stage": "training", "calibrated": True}}
    assert choose("CalibrationNeeded?", {}, run_input=run_input)[0] == "ForecastRun"


def test_nothing_to_learn_rejects_the_run() -> None:
    assert choose("Learnable?", {"blocked": False})[0] == "ForecastRun"
    target, outcome = choose("Learnable?", {"blocked": True, "cause": HOSTILE})
    assert target == "WriteReport"
    assert recorded_as(outcome).status == "REJECTED"
    assert ending(outcome) == ("NothingToLearn", {"Error": "NothingToLearn", "Cause": HOSTILE})


def test_only_an_active_deployment_is_evaluated() -> None:
    assert choose("DeploymentActive?", {"status": "Active"})[0] == "EvaluateModels"
    assert choose("DeploymentActive?", {"status": "Creating"})[0] == "WaitForDeployment"
    assert choose("ModelDeployed?", {"deployment_arn": "arn:d"})[0] == "WaitForDeployment"
    assert choose("ModelDeployed?", {"deployment_arn": None})[0] == "WriteReport"


def test_an_unrecorded_outcome_fails_the_execution_with_both_causes() -> None:
    (catch,) = TASKS["RecordOutcome"]["Catch"]
    completed = {"status": "COMPLETED", "error": "", "cause": ""}
    states = {"input": completed, "errorOutput": {"Error": "AccessDenied", "Cause": "no entry"}}
    handed_on = evaluated(catch["Output"], states=states)
    assert (catch["Next"], STATES[catch["Next"]]["Type"]) == ("RunFailed", "Fail")
    assert handed_on["error"] == "AccessDenied"
    assert "COMPLETED" in handed_on["cause"]
    assert "no entry" in handed_on["cause"]


def test_only_the_report_leads_to_the_outcome() -> None:
    assert {name for name in STATES if "RecordOutcome" in set(targets(name))} == {"WriteReport"}


def test_a_failed_report_does_not_change_the_end() -> None:
    task = TASKS["WriteReport"]
    (catch,) = task["Catch"]
    outcome = {"status": "COMPLETED", "error": "E", "cause": HOSTILE, "job_status": "Completed"}
    failed = {"input": outcome, "errorOutput": {"Error": "States.Timeout"}}
    assert evaluated(catch["Output"], states=failed) == outcome
    assert evaluated(task["Output"], states={"input": outcome, "result": {"Payload": {}}}) == outcome
    assert {task["Next"], catch["Next"]} == {"RecordOutcome"}


def test_only_a_trusted_grader_continues() -> None:
    assert choose("GraderTrusted?", {"trusted": True})[0] == "CalibrationNeeded?"
    for doubtful in ({"trusted": False, "cause": HOSTILE}, {"trusted": "true", "cause": HOSTILE}, {"cause": HOSTILE}):
        target, outcome = choose("GraderTrusted?", doubtful)
        assert target == "WriteReport"
        assert recorded_as(outcome).status == "REJECTED"
        assert ending(outcome) == ("GraderRejected", {"Error": "GraderNotTrusted", "Cause": HOSTILE})
    _, outcome = choose("GraderTrusted?", {"trusted": False, "error": "OverBudget", "cause": HOSTILE})
    assert ending(outcome) == ("OverBudget", {"Error": "OverBudget", "Cause": HOSTILE})


def test_the_forecast_gets_the_whole_outcome_of_the_smoke_test() -> None:
    for reasons in ((), ("one",), ("one", HOSTILE)):
        trusted = SmokeTestOutcome(trusted=True, grader_arn="arn:g", report_uri="s3://b/r", needs_approval=reasons)
        result = {"result": {"Payload": trusted.model_dump(mode="json")}}
        assigned = evaluated(TASKS["SmokeTestGrader"]["Assign"]["smoke_test"], states=result)
        passed = evaluated(TASKS["ForecastRun"]["Arguments"]["Payload"]["smoke_test"], states={}, smoke_test=assigned)
        assert SmokeTestOutcome.model_validate(passed) == trusted


def test_only_an_affordable_run_continues() -> None:
    assert choose("Affordable?", ForecastOutcome(affordable=True).model_dump())[0] == "PreflightOnly?"
    for dear in (ForecastOutcome(affordable=False, cause=HOSTILE).model_dump(), {"affordable": "true", "cause": "c"}):
        target, outcome = choose("Affordable?", dear)
        assert target == "WriteReport"
        assert recorded_as(outcome).status == "REJECTED"
        assert ending(outcome) == ("OverBudget", {"Error": "OverBudget", "Cause": dear["cause"]})


def test_a_preflight_run_completes_without_a_job() -> None:
    target, outcome = choose("PreflightOnly?", {}, run_input={"request": {"mode": "preflight"}})
    assert target == "WriteReport"
    assert recorded_as(outcome).status == "COMPLETED"
    assert ending(outcome) == ("Succeeded", {})


def test_approval_is_requested_exactly_if_there_is_a_reason() -> None:
    assert choose("PreflightOnly?", {}, run_input={"request": {"mode": "train"}})[0] == "ApprovalNeeded?"
    for reasons in (["one"], ["one", HOSTILE]):
        target, handed_on = choose("ApprovalNeeded?", {"needs_approval": reasons})
        assert target == "RequestApproval"
        context = {"Execution": {"Input": {"run_id": "a-20260102t030405-0123abcd"}}, "Task": {"Token": "t"}}
        payload = evaluated(
            TASKS["RequestApproval"]["Arguments"]["Payload"], states={"input": handed_on, "context": context}
        )
        assert ApprovalInput.model_validate(payload).reasons == tuple(reasons)
    assert choose("ApprovalNeeded?", {"needs_approval": []})[0] == "StartTraining"


def test_only_an_explicit_approval_starts_training() -> None:
    assert choose("Approved?", ApprovalOutcome(approved=True).model_dump())[0] == "StartTraining"
    for answer in (ApprovalOutcome(approved=False, cause=HOSTILE).model_dump(), {"approved": "true", "cause": HOSTILE}):
        target, outcome = choose("Approved?", answer)
        assert target == "WriteReport"
        assert recorded_as(outcome).status == "REJECTED"
        assert ending(outcome) == ("ApprovalRefused", {"Error": "ApprovalRefused", "Cause": HOSTILE})


def test_an_expired_approval_cancels_the_run() -> None:
    expired, _ = TASKS["RequestApproval"]["Catch"]
    outcome = evaluated(expired["Output"], states={"errorOutput": {"Error": "States.Timeout"}})
    assert (expired["ErrorEquals"], expired["Next"]) == (["States.Timeout"], "WriteReport")
    assert recorded_as(outcome).status == "CANCELLED"
    final, fields = ending(outcome)
    assert (final, fields["Error"]) == ("RunCancelled", "ApprovalExpired")
    assert "7 days" in fields["Cause"]


def check(outcome: str | None, job_status: str, error: str = "", cause: str = "") -> dict[str, Any]:
    """CheckTraining's output, as the state machine sees it."""
    seen = TrainingCheck(outcome=outcome, job_status=job_status, phase="training", hours=1.0, error=error, cause=cause)
    return seen.model_dump(mode="json")


def test_a_wait_that_cannot_start_stops_no_job_and_does_not_spin() -> None:
    timed_out, woken, failed = TASKS["WaitForTraining"]["Catch"]
    assert (timed_out["ErrorEquals"], timed_out["Next"]) == (["States.Timeout"], "CheckTraining")
    assert (woken["ErrorEquals"], woken["Next"]) == (["AlreadyWoken"], "CheckTraining")
    assert (failed["ErrorEquals"], STATES[failed["Next"]]["Type"]) == (["States.ALL"], "Wait")
    assert STATES[failed["Next"]]["Next"] == "CheckTraining"
    assert evaluated(STATES[failed["Next"]]["Seconds"], states={}, poll_seconds=60) == 60


def test_a_run_without_a_job_waits_for_the_quota() -> None:
    assert choose("JobStarted?", StartedJob(job_arn="arn:j").model_dump(mode="json"))[0] == "WaitForTraining"
    assert choose("JobStarted?", StartedJob(job_arn=None).model_dump(mode="json"))[0] == "WaitForQuota"


def test_a_running_job_is_waited_for() -> None:
    assert choose("TrainingEnded?", check(None, "Stopping"))[0] == "WaitForTraining"


def test_a_completed_job_is_evaluated_unless_disabled() -> None:
    assert choose("TrainingEnded?", check("COMPLETED", "Completed"))[0] == "EvaluationNeeded?"
    assert choose("EvaluationNeeded?", {}, run_input=calibration("train", enabled=True))[0] == "DeployModel"
    target, outcome = choose("EvaluationNeeded?", {}, run_input=calibration("train", enabled=False))
    assert target == "WriteReport"
    assert recorded_as(outcome).status == "COMPLETED"
    assert ending(outcome) == ("Succeeded", {})


@pytest.mark.parametrize("job_status", ["Failed", "Stopped", "InProgress"])
def test_any_other_end_of_the_job_fails_the_run(job_status: str) -> None:
    target, outcome = choose("TrainingEnded?", check("FAILED", job_status, "TrainingStopped", HOSTILE))
    assert target == "WriteReport"
    assert recorded_as(outcome).cause == HOSTILE
    assert ending(outcome) == ("TrainingFailed", {"Error": "TrainingStopped", "Cause": HOSTILE})


@pytest.mark.parametrize("recorded", sorted(get_args(RunOutcome.model_fields["status"].annotation)))
@pytest.mark.parametrize("status", sorted(get_args(RunOutcome.model_fields["status"].annotation)))
def test_the_execution_succeeds_exactly_when_the_ledger_says_completed(status: str, recorded: str) -> None:
    final, fields = ending({"status": status, "error": "E", "cause": "C"}, recorded)
    assert (STATES[final]["Type"] == "Succeed") is (recorded == "COMPLETED")
    assert all(fields.values())
