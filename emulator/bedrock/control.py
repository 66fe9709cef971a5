"""Handles on the emulated Bedrock for tests and demos: scripted outcomes, and the jobs there were."""

from __future__ import annotations

import threading
from collections.abc import Callable

from emulator.bedrock.jobs import CustomizationJob, Jobs
from emulator.faults import Fault, Faults
from emulator.simulator.training import Training


class Bedrock:
    """`job` arguments are the start of a job's name; '' is any job. Each script counts for one job."""

    def __init__(self, jobs: Jobs, faults: Faults) -> None:
        self._jobs = jobs
        self._faults = faults

    @property
    def jobs(self) -> list[CustomizationJob]:
        """All jobs, oldest first."""
        return self._jobs.all()

    def job(self, name_or_arn: str) -> CustomizationJob:
        """Raises AwsError: ResourceNotFoundException."""
        return self._jobs.find(name_or_arn)

    def fail(self, job: str = "", *, at_step: int = 1) -> None:
        """The next such job ends as Failed at this step; step 0 is before training."""
        self._faults.add(Fault(service="bedrock", operation="Train", subject=job, effect="fail", step=at_step))

    def stop(self, job: str = "", *, at_step: int = 1) -> None:
        """The next such job is stopped at this step, as somebody would do in the console."""
        self._faults.add(Fault(service="bedrock", operation="Train", subject=job, effect="stop", step=at_step))

    def hang(self, job: str = "", *, at_step: int = 1) -> None:
        """The next such job never ends from this step on; with step 0 its training never starts."""
        self._faults.add(Fault(service="bedrock", operation="Train", subject=job, effect="hang", step=at_step))


class JobThreads:
    """One thread per job, waited for on close."""

    def __init__(self, training: Callable[[CustomizationJob], Training]) -> None:
        self._training = training
        self._threads: list[threading.Thread] = []

    def start(self, job: CustomizationJob) -> None:
        """Set a job going."""
        thread = threading.Thread(target=self._training(job).run, name=f"job-{job.id}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Wait for the threads; the clock's end makes them stop."""
        for thread in self._threads:
            thread.join(timeout=10)
