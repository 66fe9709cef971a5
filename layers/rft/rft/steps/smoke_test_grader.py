"""Prove the grader with answers whose worth is known, before a job is paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from rft.contracts.dataset import DatasetRow, SplitName
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset, SmokeTestOutcome
from rft.observability import logger
from rft.ports import Clock, GraderInvoker, Ledger, ObjectStore
from rft.smoke_test import gate
from rft.smoke_test.checks import Evidence, Thresholds
from rft.smoke_test.choice import grader_arn
from rft.smoke_test.probes import Probe, batches, canned, write_probes
from rft.smoke_test.replies import Scored, score
from rft.smoke_test.sampling import Candidate, SampledRow, candidate, choose, sizes
from rft.tasks import task as task_named
from rft.tasks.base import Task

PARALLELISM = 4
"""Batches under way at once: a judge that fans out 16 calls per batch then meets 64, well under common quotas."""

ASK_WITHIN = timedelta(seconds=540)
"""No batch is sent later than this: with the invoker's 300 s for the last one the step ends inside Lambda's 900 s."""


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
) -> SmokeTestOutcome:
    """Write `runs/<run_id>/smoke_test.json` and say whether the grader can be trusted; not trusted is no error.

    `graders` are those deployed here, name → ARN. Raises InvalidRequest (grader, dataset.task), RetryableThrottling,
    RetryableServiceError, RunNotFound, TransitionRefused.
    """
    ledger.transition(run_id, RunStatus.SMOKE_TESTING)
    task = task_named(request.dataset.task)
    arn = grader_arn(request.grader, task.default_grader, graders)
    ledger.update(run_id, {"grader_arn": arn})
    seed, started = request.dataset.split.seed, clock.now()
    wanted = sizes(request.smoke_test.sample_size)
    rows = _sample(dataset, wanted, task, seed, store)
    asking = _Asking(arn, invoker, clock, deadline=started + ASK_WITHIN)
    report = gate.report(
        run_id=run_id,
        grader_arn=arn,
        seed=seed,
        evidence=Evidence(scores=tuple(asking.everything(rows, task, seed)), wanted=wanted),
        thresholds=Thresholds(minimum_score=request.smoke_test.minimum_score),
        invocations=asking.invocations,
        seconds=(clock.now() - started).total_seconds(),
    )
    return _record(report, ledger, store)


class _Asking:
    """One grader being asked; `invocations` counts its replies."""

    def __init__(self, arn: str, invoker: GraderInvoker, clock: Clock, *, deadline: datetime) -> None:
        self._arn, self._invoker, self._clock, self._deadline = arn, invoker, clock, deadline
        self.invocations = 0

    def everything(self, rows: Sequence[SampledRow], task: Task, seed: int) -> list[Scored]:
        """The canned batch, and unless that breaks the contract, all probes: a broken grader costs one call."""
        first = self._ask_all([canned(rows[0], seed)])
        if any(s.breach for s in first):
            return first
        return first + self._ask_all(list(batches(write_probes(rows, task, seed))))

    def _ask_all(self, asked: Sequence[list[Probe]]) -> list[Scored]:
        with ThreadPoolExecutor(max_workers=PARALLELISM) as pool:
            replies = list(pool.map(self._ask, asked))
        self.invocations += sum(sent for sent, _ in replies)
        return [s for _, scored in replies for s in scored]

    def _ask(self, batch: list[Probe]) -> tuple[bool, list[Scored]]:
        """Whether the batch was sent, and what came of it."""
        if self._clock.now() > self._deadline:
            return False, score(batch, None, f"it was too slow: {ASK_WITHIN.seconds} s were over before it was asked")
        reply = self._invoker.invoke(self._arn, [probe.event() for probe in batch])
        return True, score(batch, reply.payload, reply.error)


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
        seconds=report.seconds,
        verdicts={check.name: check.verdict for check in report.checks},
    )
    return SmokeTestOutcome(
        trusted=report.trusted, grader_arn=report.grader_arn, report_uri=uri, cause="; ".join(report.reasons)
    )
