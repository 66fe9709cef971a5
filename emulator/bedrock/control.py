"""Controls the emulated Bedrock in tests and demos: scripted job outcomes and access to jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from emulator.bedrock.jobs import CustomizationJob, Jobs
from emulator.faults import Fault, Faults
from emulator.simulator.training import Training


class Bedrock:
    """`job` arguments are a prefix of the job's name; '' matches any job. Each script applies to one job."""

    def __init__(self, jobs: Jobs, faults: Faults) -> None:
        self._jobs = jobs
        self._faults = faults

    @property
    def jobs(self) -> list[CustomizationJob]:
        """All jobs, oldest first."""
        return self._jobs.all()

    def job(self, name_or_arn: str) -> CustomizationJob:
        """Return a job by name or ARN. Raises AwsError (ResourceNotFoundException)."""
        return self._jobs.find(name_or_arn)

    def fail(self, job: str = "", *, at_step: int = 1) -> None:
        """Fail the next matching job at this step; step 0 is before training."""
        self._faults.add(Fault(service="bedrock", operation="Train", subject=job, effect="fail", step=at_step))

    def stop(self, job: str = "", *, at_step: int = 1) -> None:
        """Stop the next matching job at this step, as if stopped in the console."""
        self._faults.add(Fault(service="bedrock", operation="Train", subject=job, effect="stop", step=at_step))

    def hang(self, job: str = "", *, at_step: int = 1) -> None:
        """Make the next matching job hang at this step; with step 0 its training never starts."""
        self._faults.add(Fault(service="bedrock", operation="Train", subject=job, effect="hang", step=at_step))


class JobThreads:
    """One thread per job; `close` joins them."""

    def __init__(self, training: Callable[[CustomizationJob], Training]) -> None:
        self._training = training
        self._threads: list[threading.Thread] = []

    def start(self, job: CustomizationJob) -> None:
        thread = threading.Thread(target=self._training(job).run, name=f"job-{job.id}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Join the threads for up to 10 s each; close the clock first, so that they stop."""
        for thread in self._threads:
            thread.join(timeout=10)
