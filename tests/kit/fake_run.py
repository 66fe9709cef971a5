"""All ports of a run in memory, with one run at a given stage."""

from __future__ import annotations

from typing import Any

from rft.contracts.evaluation import EvaluationSummary
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.steps import RunInput
from rft.evaluation.deployment import evaluation_tags
from rft.training.deadline import JobTime, job_summary
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.notifier import MemoryNotifier
from tests.kit.records import RUN_ID, add_run


class FakeRun:
    def __init__(self, status: RunStatus) -> None:
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.jobs = MemoryJobs(self.clock)
        self.deployments = MemoryDeployments()
        self.records = MemoryDeploymentRecords()
        self.notifier = MemoryNotifier()
        self.executions = MemoryExecutions()
        record = add_run(self.ledger, status)
        self.executions.start(RUN_ID, RunInput(run_id=RUN_ID, request=record.request).model_dump(mode="json"))

    def with_job(self, *, recorded: bool = True) -> FakeRun:
        arn = self.jobs.create({"jobName": RUN_ID})
        if recorded:
            self.ledger.update(RUN_ID, {"job": job_summary(self.jobs.get(arn), time=JobTime(1), checks=3)})
        return self

    def with_deployment(self) -> FakeRun:
        """Add the deployment that a run has during its evaluation."""
        tags = evaluation_tags(RUN_ID, "rft")
        arn = self.deployments.create(RUN_ID, "arn:m", tags=tags, token=RUN_ID)
        summary = EvaluationSummary(status="running", deployment_arn=arn)
        self.ledger.update(RUN_ID, {"model_arn": "arn:m", "evaluation": summary})
        return self

    @property
    def record(self) -> RunRecord:
        return self.ledger.get(RUN_ID)

    @property
    def job_status(self) -> str:
        return self.jobs.jobs[RUN_ID].status

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [message for _, message in self.notifier.sent]
