"""What a deployed model answers: its policy's answer to a row that it knows, else that it is none."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping

from emulator.bedrock.jobs import CustomizationJob
from emulator.bedrock.models import Models
from emulator.http.replies import AwsError
from rft.contracts.dataset import DatasetRow

UNKNOWN = "[simulated] This model is emulated: it can answer the prompts of its own dataset, and this is none of them."

Rows = Callable[[CustomizationJob], list[DatasetRow]]
"""Reads all of a job's rows."""


class DeployedModels:
    """Answers as what the jobs' policies have learned."""

    def __init__(self, models: Models, rows: Rows) -> None:
        self._models = models
        self._rows = rows
        self._known: dict[str, Mapping[str, DatasetRow]] = {}
        self._turns = itertools.count(1)
        self._lock = threading.Lock()

    def answer(self, deployment_arn: str, prompt: str) -> str:
        """One answer; another each time, as at a temperature above 0.

        Raises AwsError: ResourceNotFoundException, ModelNotReadyException.
        """
        deployment = self._models.deployment(deployment_arn)
        if deployment.status != "Active":
            raise AwsError("ModelNotReadyException", 429, f"The deployment is {deployment.status}.")
        row = self._row(deployment.job, prompt)
        policy = deployment.job.policy
        return policy.answer(row, at=f"turn {next(self._turns)}").text if row and policy else UNKNOWN

    def _row(self, job: CustomizationJob, prompt: str) -> DatasetRow | None:
        with self._lock:
            if job.arn not in self._known:
                self._known[job.arn] = {row.messages[-1].content: row for row in self._rows(job)}
            return self._known[job.arn].get(prompt)
