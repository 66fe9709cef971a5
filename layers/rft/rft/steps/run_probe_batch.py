"""Sends a grader one part of a smoke test's probes, where they take longer than one function has."""

from __future__ import annotations

from rft.contracts.probe_batches import CompletedPart, ProbePart
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.observability import logger
from rft.ports.grading import GraderInvoker
from rft.ports.storage import Clock, ObjectStore
from rft.smoke_test.part_store import save_part
from rft.smoke_test.plan_loader import load_plan
from rft.smoke_test.runner import ProbeRunner


def run_probe_batch(
    *,
    run_id: str,
    request: RunRequest,
    dataset: PreparedDataset,
    grader_arn: str,
    part: ProbePart,
    store: ObjectStore,
    invoker: GraderInvoker,
    clock: Clock,
) -> CompletedPart:
    """Write `runs/<run_id>/smoke_test/part-<number>.json`. smoke_test_grader judges the scores.

    Raises StalePlan, DatasetNotFound, RetryableThrottling, RetryableServiceError.
    """
    batches = load_plan(request, dataset, store).select(part.batches)
    results = ProbeRunner(grader_arn, invoker, clock, bounds=request.score_range).run_all(batches)
    save_part(run_id, part.number, results, store)
    seconds = (clock.now() - results.began).total_seconds()
    logger().info("probes sent", part=part.number, invocations=results.invocations, seconds=seconds)
    return CompletedPart(number=part.number, batches=len(results.replies))
