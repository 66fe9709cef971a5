"""Prove the grader with answers whose worth is known, before a job is paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from rft.contracts.dataset import DatasetRow, SplitName
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset, SmokeTestOutcome
from rft.observability import logger
from rft.ports import Clock, GraderInvoker, Ledger, ObjectStore
from rft.runs.approval import approval_reasons
from rft.smoke_test import gate
from rft.smoke_test.choice import grader_arn
from rft.smoke_test.evidence import Evidence, Row
from rft.smoke_test.plan import calls, plan, rollouts_per_step
from rft.smoke_test.sampling import Candidate, SampledRow, candidate, choose, sizes
from rft.steps.asking import Asking
from rft.tasks import task as task_named
from rft.tasks.base import Comparison, Task, comparison


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
    require_approval: bool = False,
) -> SmokeTestOutcome:
    """Write `runs/<run_id>/smoke_test.json` and say whether the grader can be trusted; not trusted is no error.

    `graders` are those deployed here, name → ARN; `require_approval` is the stack's own wish. Raises InvalidRequest
    (grader, dataset.task), RetryableThrottling, RetryableServiceError, RunNotFound, TransitionRefused.
    """
    record = ledger.transition(run_id, RunStatus.SMOKE_TESTING)
    task = task_named(request.dataset.task)
    arn = grader_arn(request.grader, task.default_grader, graders)
    ledger.update(run_id, {"grader_arn": arn})
    seed, started = request.dataset.split.seed, clock.now()
    wanted = sizes(request.smoke_test.sample_size)
    rows = _sample(dataset, wanted, task, seed, store)
    timeout = invoker.timeout_seconds(arn)
    planned = plan(rows, task, seed, rollouts_per_step=rollouts_per_step(dataset.hyperparameters))
    answered = Asking(arn, invoker, clock).everything(planned)
    report = gate.report(
        run_id=run_id,
        grader_arn=arn,
        seed=seed,
        evidence=Evidence(
            scores=answered.scores,
            wanted=wanted,
            comparisons=_comparisons(rows, task),
            load=answered.load,
            timeout=timeout,
            stopped=answered.stopped,
        ),
        thresholds=gate.thresholds(request.smoke_test),
        planned=calls(planned),
        invocations=answered.invocations,
        seconds=(clock.now() - started).total_seconds(),
        dataset_checks=record.dataset_checks or (),
    )
    outcome = _record(report, ledger, store)
    needs = approval_reasons(request, stack_requires=require_approval)
    return outcome.model_copy(update={"needs_approval": needs})


def _comparisons(rows: Sequence[SampledRow], task: Task) -> dict[Row, Comparison]:
    found = ((row.key, comparison(task, row.row)) for row in rows)
    return {key: compared for key, compared in found if compared is not None}


def _sample(
    dataset: PreparedDataset, wanted: Mapping[SplitName, int], task: Task, seed: int, store: ObjectStore
) -> list[SampledRow]:
    uris: dict[SplitName, str] = {"train": dataset.train_uri, "validation": dataset.validation_uri}
    rows: list[SampledRow] = []
    for split, uri in uris.items():
        chosen = choose(_candidates(uri, task, store), wanted[split], f"{seed}:{split}")
        rows += _sampled(uri, split, chosen, store)
    return rows


def _candidates(uri: str, task: Task, store: ObjectStore) -> list[Candidate]:
    return [candidate(_row(line), task) for line in store.lines(uri)]


def _sampled(uri: str, split: SplitName, chosen: Set[int], store: ObjectStore) -> list[SampledRow]:
    """A second pass over the file, so that no more than the chosen rows is ever held."""
    return [
        SampledRow(split=split, position=position, row=_row(line), size=len(line))
        for position, line in enumerate(store.lines(uri))
        if position in chosen
    ]


def _row(line: bytes) -> DatasetRow:
    return DatasetRow.model_validate_json(line)


def _record(report: SmokeTestReport, ledger: Ledger, store: ObjectStore) -> SmokeTestOutcome:
    uri = store.uri(f"runs/{report.run_id}/smoke_test.json")
    store.put_bytes(uri, report.model_dump_json(indent=2).encode())
    ledger.update(report.run_id, {"smoke_test": gate.summary(report, uri)})
    logger().info(
        "grader smoke-tested",
        trusted=report.trusted,
        invocations=report.invocations,
        seconds=report.times.seconds,
        verdicts={check.name: check.verdict for check in report.checks},
    )
    return SmokeTestOutcome(
        trusted=report.trusted, grader_arn=report.grader_arn, report_uri=uri, cause="; ".join(report.reasons)
    )
