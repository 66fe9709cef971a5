"""Prove the grader with answers whose worth is known, before a job is paid for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from rft.contracts.ledger import RunStatus
from rft.contracts.probe_batches import SmokeTestParts
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset, SmokeTestOutcome
from rft.grading.grader_arn import grader_arn
from rft.observability import logger
from rft.ports import Clock, GraderInvoker, Ledger, ObjectStore
from rft.runs.approval import approval_reasons
from rft.smoke_test import gate
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.part_store import Asked, asked_before, keep_part
from rft.smoke_test.plan import calls, parts
from rft.smoke_test.plan_loader import questions
from rft.smoke_test.runner import PROBE_BUDGET, Answered, ProbeRunner
from rft.tasks import task as task_named


def smoke_test_grader(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    graders: Mapping[str, str],
    ledger: Ledger,
    store: ObjectStore,
    invoker: GraderInvoker,
    clock: Clock,
    asked: int = 0,
    at_once: timedelta = PROBE_BUDGET,
    require_approval: bool = False,
) -> SmokeTestOutcome | SmokeTestParts:
    """Write `runs/<run_id>/smoke_test.json` and say whether the grader can be trusted; not trusted is no error.

    Questions that grow with the sample and would take longer than `at_once` are handed on as parts, and the step goes
    on from there once the first `asked` parts are kept. `graders` are those deployed here, name → ARN;
    `require_approval` is the stack's own wish. Raises InvalidRequest (grader, dataset.task), StalePlan,
    RetryableThrottling, RetryableServiceError, RunNotFound, TransitionRefused.
    """
    record = ledger.transition(run_id, RunStatus.SMOKE_TESTING)
    arn = grader_arn(request.grader, task_named(request.dataset.task).default_grader, graders)
    timeout, started = invoker.timeout_seconds(arn), clock.now()
    asking = ProbeRunner(arn, invoker, clock, at_once=at_once)
    asks = questions(request, dataset, store)
    planned = calls(asks.plan)
    ledger.update(run_id, {"grader_arn": arn, "smoke_test_calls": planned})
    before = asked_before(run_id, asked, asks, started, store)
    answered = asking.go_on(asks.plan, before.replies)
    if answered.left:
        new = {number: reply for number, reply in answered.replies.items() if number not in before.replies}
        keep_part(run_id, asked, Asked(new, started), store)
        return _handed_on(arn, answered, asked + 1)
    report = gate.report(
        run_id=run_id,
        grader_arn=arn,
        seed=request.dataset.split.seed,
        evidence=Evidence(
            scores=answered.scores,
            wanted=asks.wanted,
            comparisons=asks.comparisons,
            load=answered.load(asks.plan),
            timeout=timeout,
            stopped=answered.stopped,
        ),
        thresholds=gate.thresholds(request.smoke_test),
        planned=planned,
        invocations=answered.invocations,
        seconds=(clock.now() - before.began).total_seconds(),
        functions=asked + 1,
        dataset_checks=record.dataset_checks or (),
    )
    outcome = _record(report, ledger, store)
    needs = approval_reasons(request, stack_requires=require_approval)
    return outcome.model_copy(update={"needs_approval": needs})


def _handed_on(arn: str, answered: Answered, first: int) -> SmokeTestParts:
    shared_out = parts(answered.left, first)
    logger().info("grader is asked in parts", parts=len(shared_out), batches=len(answered.left), first=first)
    return SmokeTestParts(grader_arn=arn, parts=shared_out)


def _record(report: SmokeTestReport, ledger: Ledger, store: ObjectStore) -> SmokeTestOutcome:
    uri = store.uri(f"runs/{report.run_id}/smoke_test.json")
    store.put_bytes(uri, report.model_dump_json(indent=2).encode())
    ledger.update(report.run_id, {"smoke_test": gate.smoke_test_summary(report, uri)})
    logger().info(
        "grader smoke-tested",
        trusted=report.trusted,
        invocations=report.invocations,
        functions=report.times.functions,
        seconds=report.times.seconds,
        results={check.name: check.result for check in report.checks},
    )
    return SmokeTestOutcome(
        trusted=report.trusted, grader_arn=report.grader_arn, report_uri=uri, cause="; ".join(report.reasons)
    )
