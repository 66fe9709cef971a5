"""Resolves partial identifiers in requests (objects, task tokens, jobs) to resources of the account."""

from __future__ import annotations

from emulator.bedrock.jobs import Jobs
from emulator.moto.access import MotoAccount


class AccountLookups:
    """Implements emulator.iam.wire.request.Lookups."""

    def __init__(self, account: MotoAccount, jobs: Jobs) -> None:
        self._jobs = jobs
        self.object_exists = account.object_exists
        self.state_machine_of = account.state_machine_of

    def job_arn(self, identifier: str) -> str:
        return next((job.arn for job in self._jobs.all() if identifier in (job.name, job.arn)), "")
