"""Runs that are struck by faults of their own, many at once, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from emulator import EmulatorOptions
from emulator.bedrock.judge import STAND_IN
from emulator.faults import Fault
from tests.e2e.fault_case import NEVER, PIPELINE, Case
from tests.kit.stack_harness import NOT_MEASURED, ROOT, StackHarness, foreign_graders
from tests.kit.waiting import eventually

ROWS = {
    "gsm8k": (ROOT / "examples" / "gsm8k" / "questions.jsonl").read_text(),
    "pandalm": (ROOT / "examples" / "pandalm" / "comparisons.json").read_text(),
}
STEP = {"batchSize": 16, "trainingSamplePerPrompt": 2}
FIELDS: dict[str, Any] = {"smoke_test": {"sample_size": 10}, "hyperparameters": STEP, **NOT_MEASURED}
JUDGE_SECONDS = 10
"""For a batch of a grader whose judge is down: it retries until they are over."""

PROBE_BUDGET = 8
"""More at once are no faster on two cores, and so late that graders run out of time."""

POLL_SECONDS = 1.0
"""Looking takes time from those who work."""

PATIENCE_SECONDS = 480.0


@dataclass(frozen=True)
class Observed:
    """What became of a case's run. `messages` counts notifications, `active_jobs` the jobs that still run."""

    fired: int
    jobs: int
    active_jobs: int
    status: str = NEVER
    execution: str = ""
    stages: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    error: str = ""
    cause: str = ""
    messages: int = 0


def options(cases: Mapping[str, Case]) -> EmulatorOptions:
    """Tiny jobs, as many at once as there are runs."""
    own = [name for name, case in cases.items() if case.own_grader]
    return EmulatorOptions(
        speed=600,
        parameters={"PollInitialSeconds": "300", **(foreign_graders(*own) if own else {})},
        training_seconds=0.5,
        max_steps=2,
        max_rollouts_per_step=32,
        workers_per_function=2,
        concurrent_jobs=len(cases),
    )


def runs_with_faults(
    bench: StackHarness, cases: Mapping[str, Case], *, at_once: int = PROBE_BUDGET
) -> dict[str, Observed]:
    """What became of each case, by the name of its run; names are no beginnings of one another."""
    for name, case in cases.items():
        for rule in case.rules:
            bench.aws.faults.add(_of_run(rule, name))
    longest_first = dict(sorted(cases.items(), key=lambda item: not item[1].own_grader))
    with ThreadPoolExecutor(at_once) as pool:
        ids = dict(zip(longest_first, pool.map(lambda item: _run(bench, *item), longest_first.items()), strict=True))
    with suppress(AssertionError):  # an active job is checked below, with its run
        eventually(lambda: not any(job.active for job in bench.aws.bedrock.jobs), "all jobs to end")
    return {name: _seen(bench, name, ids[name]) for name in cases}


def check(case: Case, seen: Observed) -> None:
    """The run ended as it must, had the jobs it may have, and was announced once if it did not complete."""
    assert seen.status == case.ends
    assert (seen.jobs, seen.active_jobs) == (case.jobs, 0)
    if case.ends == NEVER:
        return
    assert case.error in seen.error
    assert case.cause in seen.cause
    assert seen.stages == (*PIPELINE[: PIPELINE.index(case.last) + 1], case.ends)
    assert list(seen.times) == sorted(seen.times)
    assert seen.execution == ("SUCCEEDED" if case.ends == "COMPLETED" else "FAILED")
    assert seen.messages == (0 if case.ends == "COMPLETED" else 1)


def _of_run(rule: Fault, name: str) -> Fault:
    """The rule, for calls about this run alone."""
    changes = {"contains": f"{name}/rows" if rule.subject == "aws.s3" else name}
    if rule.subject == "runs/":
        changes["subject"] = f"runs/{name}"
    return rule.model_copy(update=changes)


def _run(bench: StackHarness, name: str, case: Case) -> str | None:
    """The run's id, once its execution has ended or patience has; None if there came to be no run."""
    run_id = None
    with suppress(AssertionError):  # no run, or an active one, is no end of any case
        run_id = _uploaded(bench, name, case) if case.upload else _posted(bench, name, case)
        if run_id is not None:
            await_end(bench, run_id)
    return run_id


def await_end(bench: StackHarness, run_id: str) -> None:
    """Wait until the run's execution has ended."""
    _await(lambda: _execution(bench, run_id) != "RUNNING", run_id)


def _posted(bench: StackHarness, name: str, case: Case) -> str:
    grader = {"grader": {"lambda_arn": _own_grader(bench, name)}} if case.own_grader else {}
    return bench.start(
        name, rows(name, case.task), **{"dataset": {"task": case.task}, **FIELDS, **grader, **case.fields}
    )


def rows(name: str, task: str) -> bytes:
    """The task's example. PandaLM's has the run's name in each text that its judge gets to see."""
    return ROWS[task].replace('"instruction": "', f'"instruction": "({name}) ').encode()


def _own_grader(bench: StackHarness, name: str) -> str:
    """The stack's own code and settings, with a shorter time for each call and all."""
    settings = {
        "PYTHONPATH": str(ROOT / "layers" / "rft"),
        "JUDGE_MODEL_ID": STAND_IN,
        "JUDGE_TIMEOUT_SECONDS": "1",
        "DATA_BUCKET": bench.aws.bucket,
    }
    folder = ROOT / "functions" / "grade_pandalm"
    return bench.aws.add_function(
        f"grade-{name}", folder, timeout=JUDGE_SECONDS, environment=settings, role_of="GradePandalm"
    )


def _uploaded(bench: StackHarness, name: str, case: Case) -> str | None:
    bench.put(f"uploads/gsm8k/{name}/run.json", json.dumps(FIELDS).encode())
    bench.put(f"uploads/gsm8k/{name}/rows.jsonl", rows(name, "gsm8k"))
    if case.ends == NEVER:
        return None
    machines = bench.aws.client("stepfunctions")

    def found() -> list[str]:
        pages = machines.get_paginator("list_executions").paginate(stateMachineArn=bench.aws.state_machine_arn)
        return [each["name"] for page in pages for each in page["executions"] if each["name"].startswith(name)]

    _await(lambda: bool(found()), name)
    return found()[0]


def _await(holds: Any, name: str) -> None:
    eventually(holds, name, seconds=PATIENCE_SECONDS, every=POLL_SECONDS)


def _execution(bench: StackHarness, run_id: str) -> str:
    arn = bench.aws.execution_arn(run_id)
    return str(bench.aws.client("stepfunctions").describe_execution(executionArn=arn)["status"])


def _seen(bench: StackHarness, name: str, run_id: str | None) -> Observed:
    fired = sum(rule.contains.startswith(name) for rule in bench.aws.faults.injected())
    jobs = [job for job in bench.aws.bedrock.jobs if job.name.startswith(name)]
    made, active_jobs = len(jobs), sum(job.active for job in jobs)
    if run_id is None:
        return Observed(fired, made, active_jobs)
    view = bench.client.run(run_id)
    return Observed(
        fired,
        made,
        active_jobs,
        status=view["status"],
        execution=_execution(bench, run_id),
        stages=tuple(event["after"] for event in view["timeline"]),
        times=tuple(event["at"] for event in view["timeline"]),
        error=(view.get("failure") or {}).get("error", ""),
        cause=(view.get("failure") or {}).get("cause", ""),
        messages=len(bench.messages(run_id)),
    )
