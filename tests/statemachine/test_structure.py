"""The state machine's form: nothing dangles, nothing is unbounded, nothing fails into success."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from rft import errors
from tests.kit.project import FUNCTIONS, MACHINE, RESOURCES, ROOT, STATES, STEPS, TASKS, TEMPLATE
from tests.statemachine.machine import SUBSTITUTIONS, expressions, targets, timeout_seconds

LAMBDA_SERVICE_ERRORS = {
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}
"""What Lambda itself may answer with (Step Functions Developer Guide, "Handle transient Lambda service exceptions")."""

AWS_PREFIXES = ("Lambda.", "Runtime.", "States.", "Sandbox.")

tasks = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


def retried(state: dict[str, Any]) -> set[str]:
    return {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}


def test_every_target_exists() -> None:
    named = {target for name in STATES for target in targets(name)} | {MACHINE["StartAt"]}
    assert named <= set(STATES)


def test_every_state_is_reachable() -> None:
    reached, ahead = set(), [MACHINE["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead.extend(targets(name))
    assert reached == set(STATES)


def test_every_state_has_a_comment() -> None:
    assert [name for name, state in STATES.items() if not state.get("Comment", "").endswith(".")] == []
    assert MACHINE["Comment"]


def test_only_choices_are_named_as_questions() -> None:
    assert {n for n, s in STATES.items() if s["Type"] == "Choice"} == {n for n in STATES if n.endswith("?")}


def test_everything_is_jsonata() -> None:
    assert MACHINE["QueryLanguage"] == "JSONata"
    assert not re.search(r'"\w+\.\$"|InputPath|ResultPath|OutputPath|Parameters', str(MACHINE))


@tasks
def test_a_task_is_bounded_and_its_failure_handled(task: dict[str, Any]) -> None:
    assert timeout_seconds(task) > 0
    assert [c["ErrorEquals"] for c in task["Catch"]][-1] == ["States.ALL"]
    assert retried(task) >= LAMBDA_SERVICE_ERRORS
    assert {"RetryableThrottling", "RetryableServiceError"} <= retried(task)


@tasks
def test_every_retry_is_spread_and_capped(task: dict[str, Any]) -> None:
    for retrier in task["Retry"]:
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["BackoffRate"] > 1
        assert retrier["IntervalSeconds"] < retrier["MaxDelaySeconds"] <= 3600
        assert 0 < retrier["MaxAttempts"] <= 24


@tasks
def test_no_error_has_two_retry_rules(task: dict[str, Any]) -> None:
    names = [error for retrier in task["Retry"] for error in retrier["ErrorEquals"]]
    assert len(names) == len(set(names))
    assert "States.ALL" not in names
    assert "States.TaskFailed" not in names


def test_a_full_quota_is_waited_for_in_a_queue() -> None:
    assert "RetryableQuota" not in retried(TASKS["StartTraining"])
    assert set(targets("WaitForQuota")) == {"StartTraining", "RetryWithoutEvent"}
    assert set(targets("RetryWithoutEvent")) == {"StartTraining"}


@pytest.mark.parametrize("step", ["CheckTraining", "RecordOutcome"])
def test_a_function_crash_ends_no_job_and_loses_no_outcome(step: str) -> None:
    assert {"Runtime.ExitError", "Lambda.Unknown", "Sandbox.Timedout"} <= retried(TASKS[step])


def test_retried_errors_and_our_error_classes_agree_both_ways() -> None:
    ours = {e for task in TASKS.values() for e in retried(task) if not e.startswith(AWS_PREFIXES)}
    classes = {n for n, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.RftError)}
    assert ours == {name for name in classes if name.startswith("Retryable")}


def test_retryable_errors_have_no_subclass_unknown_to_the_state_machine() -> None:
    retryable = [c for n, c in inspect.getmembers(errors, inspect.isclass) if n.startswith("Retryable")]
    assert [c.__subclasses__() for c in retryable if c.__subclasses__()] == []


def test_a_task_calls_the_function_of_its_own_name() -> None:
    assert {task["Arguments"]["FunctionName"] for task in TASKS.values()} == {f"${{{name}Arn}}" for name in STEPS}
    assert all(task["Arguments"]["FunctionName"] == f"${{{name}Arn}}" for name, task in TASKS.items())


@pytest.mark.parametrize("step", STEPS)
def test_a_task_outlasts_its_function(step: str) -> None:
    assert timeout_seconds(TASKS[step]) > FUNCTIONS[step]["Timeout"]


def test_substitutions_and_placeholders_agree() -> None:
    text = (ROOT / "statemachine" / "train_model.asl.json").read_text()
    substitutions = RESOURCES["TrainModel"]["Properties"]["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(substitutions)
    for name, value in substitutions.items():
        expected = {"Fn::GetAtt": [name.removesuffix("Arn"), "Arn"]} if name.endswith("Arn") else {"Ref": name}
        assert value in (expected, {"Fn::GetAtt": f"{name.removesuffix('Arn')}.Arn"})


def test_the_waits_assumed_by_tests_are_the_defaults() -> None:
    assert {n: str(TEMPLATE["Parameters"][n]["Default"]) for n in SUBSTITUTIONS} == SUBSTITUTIONS


def test_no_expression_uses_functions_that_only_aws_has() -> None:
    used = {name for text in expressions(MACHINE) for name in re.findall(r"\$(\w+)\(", text)}
    assert used.isdisjoint({"parse", "hash", "uuid", "partition", "range", "random", "eval"})


def assignments(state: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Each state that may follow, with the variables that are assigned on the way: a Catch leaves before an Assign."""
    for rule in (*state.get("Catch", ()), *state.get("Choices", ())):
        yield rule["Next"], set(rule.get("Assign", {}))
    for key in {"Next", "Default"} & state.keys():
        yield state[key], set(state.get("Assign", {}))


def test_every_variable_is_assigned_on_every_path_to_its_use() -> None:
    """A fixpoint over the edges; a Catch leaves a state before its Assign."""
    everything = {n for s in STATES.values() for rule in (s, *s.get("Choices", ())) for n in rule.get("Assign", {})}
    known = dict.fromkeys(STATES, everything) | {MACHINE["StartAt"]: set()}
    changed = True
    while changed:
        changed = False
        for name, state in STATES.items():
            for target, assigned in assignments(state):
                here = known[name] | assigned
                if not known[target] <= here:
                    known[target] = known[target] & here
                    changed = True
    for name, state in STATES.items():
        used = {v for text in expressions(state) for v in re.findall(r"\$([a-z_]+)\b(?!\()", text)} - {"states"}
        assert used <= known[name], name
