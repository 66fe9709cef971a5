"""smoke_test_grader: tests the grader with answers of known quality before a job is paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial

from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.probe_batches import PendingParts
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset, SmokeTestOutcome, StartPoint
from rft.errors import StalePlan
from rft.grading.grader_arn import grader_arn, is_judged, is_pinned, is_published_per_run
from rft.observability import logger
from rft.ports.grading import GraderInvoker, GraderVersion
from rft.ports.runs import Ledger
from rft.ports.storage import Clock, ObjectStore
from rft.runs.approval import approval_reasons
from rft.smoke_test import gate
from rft.smoke_test.judge_budget import JudgeBudget
from rft.smoke_test.part_store import PartLog, load_parts
from rft.smoke_test.plan import divide
from rft.smoke_test.plan_loader import load_plan
from rft.smoke_test.results import SmokeTestResults
from rft.smoke_test.runner import PROBE_BUDGET, ProbeRunner
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
    completed_parts: int = 0,
    budget: timedelta = PROBE_BUDGET,
    require_approval: bool = False,
    start: StartPoint | None = None,
) -> SmokeTestOutcome | PendingParts:
    """Writes `runs/<run_id>/smoke_test.json` and decides whether the grader is trusted; untrusted is not an error.

    Probes that would exceed `budget` are handed off as parts; the step resumes once the first `completed_parts` are
    saved. With `start` at training, the earlier run's report is reused and nothing is sent. `graders`: graders deployed
    here, name → ARN. Raises InvalidRequest (grader, dataset.task), StalePlan, RunNotFound, TransitionRefused and the
    Retryable… errors.
    """
    record = ledger.transition(run_id, RunStatus.SMOKE_TESTING)
    needs = approval_reasons(request, stack_requires=require_approval)
    if start is not None and start.stage == "training":
        return _proven_before(record, start.grader_arn, needs)
    grader = _resolve(record, request, graders, invoker)
    arn, timeout = grader.arn, invoker.timeout_seconds(grader.arn)
    plan = load_plan(request, dataset, store)
    ledger.update(run_id, {"grader_arn": arn, "grader_code_sha256": grader.code_sha256, "smoke_test_calls": plan.calls})
    known = load_parts(run_id, completed_parts, plan, clock.now(), store)
    limits = gate.thresholds(request.smoke_test)
    calls = JudgeBudget(request.max_judge_calls, is_judged(arn, graders), plan.batches)
    with closing(PartLog(run_id, completed_parts, plan, clock, store)) as log:
        runner = ProbeRunner(arn, invoker, clock, log, budget=budget, bounds=request.score_range, judge_budget=calls)
        results = runner.resume(plan, log.added_to(known), partial(gate.undecided, plan, limits))
    if results.pending:
        return _handed_off(arn, results.pending, completed_parts + 1)
    report = gate.report(record, grader, plan, results, _spent(results, clock, completed_parts + 1, timeout))
    return _outcome(report, _record(report, ledger, store), "" if report.trusted else results.over_budget, needs)


def _proven_before(record: RunRecord, arn: str, needs: tuple[str, ...]) -> SmokeTestOutcome:
    """Reuses the earlier run's report; the API has verified that the grader version is the same."""
    found = record.smoke_test
    if found is None or not found.trusted:
        raise StalePlan(f"{record.run_id} takes up a smoke test that did not trust the grader")
    logger().info("grader was proven by an earlier run", report=found.report_uri)
    return SmokeTestOutcome(trusted=True, grader_arn=arn, report_uri=found.report_uri, needs_approval=needs)


def _resolve(
    record: RunRecord, request: RunRequest, graders: Mapping[str, str], invoker: GraderInvoker
) -> GraderVersion:
    # Resolved once per run: the tested version is used in training, even after a later deployment.
    if record.grader_arn:
        return GraderVersion(record.grader_arn, record.grader_code_sha256)
    arn = grader_arn(request.grader, task_named(request.dataset.task).default_grader, graders)
    grader = invoker.resolve(arn, publish=is_published_per_run(arn, graders))
    if not is_pinned(grader.arn):
        logger().warning("grader is no numbered version: its code may change while the job trains", grader=grader.arn)
    return grader


def _spent(results: SmokeTestResults, clock: Clock, functions: int, grader_timeout: float | None) -> gate.Spent:
    seconds = (clock.now() - results.began).total_seconds()
    return gate.Spent(seconds=seconds, functions=functions, grader_timeout=grader_timeout)


def _handed_off(arn: str, pending: Sequence[int], first_part: int) -> PendingParts:
    parts = divide(pending, first_part)
    logger().info("probes are sent in parts", parts=len(parts), batches=len(pending))
    return PendingParts(grader_arn=arn, parts=parts)


def _record(report: SmokeTestReport, ledger: Ledger, store: ObjectStore) -> str:
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
    return uri


def _outcome(report: SmokeTestReport, uri: str, over_budget: str, needs: tuple[str, ...]) -> SmokeTestOutcome:
    return SmokeTestOutcome(
        trusted=report.trusted,
        grader_arn=report.grader_arn,
        report_uri=uri,
        error="" if report.trusted else "OverBudget" if over_budget else "GraderNotTrusted",
        cause=over_budget or "; ".join(report.reasons),
        needs_approval=needs,
    )
