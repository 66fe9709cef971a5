"""Runs one job through its phases: reads rows, samples answers from the emulated model, grades, writes metrics."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from emulator.bedrock.data import DataRefused, read_rows, training_rows
from emulator.bedrock.jobs import PHASES, CustomizationJob, base_name
from emulator.clock import ScaledClock
from emulator.faults import Faults
from emulator.functions.pool import EmulatorClosed
from emulator.functions.registry import UnknownFunction
from emulator.options import EmulatorOptions
from emulator.simulator.grading import GraderFailed, Grading, Invoke
from emulator.simulator.learning import train
from emulator.simulator.plan import SimulationPlan, plan_simulation
from emulator.simulator.policy import Policy
from emulator.simulator.scores import StepScores, training_csv, validation_csv
from emulator.simulator.verdict import verdict
from rft.contracts.dataset import DatasetRow

VALIDATION_ROWS = 32
"""Maximum held-out rows per validation: enough for a learning curve, few enough for a laptop."""

PREPARATION_SHARE = 0.1
"""Share of a job's duration spent in validation, and in data processing."""

TRAINING_FAULTS = frozenset({"fail", "stop", "hang"})

LOG = logging.getLogger("emulator.bedrock")


class _Stopped(Exception):
    """The job was stopped by a request, or the emulator is closing."""


class _Failed(Exception):
    """An injected fault failed the job."""


def policy_report(steps: Sequence[StepScores]) -> dict[str, Any]:
    """Return the verdict on the grader and the model's behaviour mix at the first and last step."""
    return {"simulated": True, "verdict": asdict(verdict(steps)), "mix_first": steps[0].mix, "mix_last": steps[-1].mix}


def new_policy(
    job_name: str, seed: int, plan: SimulationPlan, logits: Mapping[str, Mapping[str, float]] | None = None
) -> Policy:
    """Return a job's policy: new, or resumed from `logits`."""
    return Policy(seed=f"{seed}/{job_name}", learning_rate=plan.learning_rate, logits=logits)


class Training:
    """Runs or resumes one job. `on_change` is called after each change of status.

    `save` is called after every change. A running job resumes after its last completed step, with its remaining
    time.
    """

    def __init__(
        self,
        job: CustomizationJob,
        *,
        s3: Any,
        invoke: Invoke,
        check_rights: Callable[[], None],
        faults: Faults,
        clock: ScaledClock,
        options: EmulatorOptions,
        on_change: Callable[[CustomizationJob], None],
        save: Callable[[CustomizationJob], None],
    ) -> None:
        self._job = job
        self._save = save
        self._s3 = s3
        self._check_rights = check_rights
        self._faults = faults
        self._clock = clock
        self._options = options
        self._on_change = on_change
        self._started = time.monotonic() - options.training_seconds * self._progress()
        self._grading = Grading(
            invoke, job.grader_arn, batch=options.grader_batch, parallelism=options.grader_parallelism
        )

    def run(self) -> None:
        """Run the job to its end; errors set the status Failed or Stopped instead of being raised."""
        if self._job.phases["validation"].status == "NotStarted":
            self._on_change(self._job)
        try:
            self._run_phases()
        except (_Stopped, EmulatorClosed):
            self._end("Stopped")
        except (DataRefused, GraderFailed, _Failed) as error:
            self._end("Failed", str(error))
        except UnknownFunction:
            self._end("Failed", f"The reward function {self._job.grader_arn} does not exist.")
        except Exception as error:
            LOG.exception("an emulated job failed with an internal error")
            self._end("Failed", f"InternalServerException in the emulator: {error}")
        finally:
            self._grading.close()

    def _run_phases(self) -> None:
        self._start_phase("validation")
        self._check_rights()
        rows = training_rows(self._s3, self._job.request["trainingDataConfig"]["s3Uri"])
        validation_rows = self._validation_rows()
        self._complete_phase("validation", PREPARATION_SHARE)
        self._start_phase("dataProcessing")
        self._job.plan = plan = self._job.plan or plan_simulation(
            len(rows),
            self._job.hyperparameters,
            max_steps=self._options.max_steps,
            max_rollouts=self._options.max_rollouts_per_step,
        )
        self._complete_phase("dataProcessing", 2 * PREPARATION_SHARE)
        self._inject_fault(0)
        self._start_phase("training")
        self._train(plan, rows, validation_rows)
        self._complete()

    def _train(self, plan: SimulationPlan, rows: list[DatasetRow], validation_rows: list[DatasetRow]) -> None:
        seed = self._options.seed
        self._job.policy = policy = self._job.policy or new_policy(self._job.name, seed, plan, self._job.base_logits)
        steps_done = len(self._job.steps)
        steps = train(
            policy,
            self._grading.grade,
            plan=plan,
            rows=rows,
            validation_rows=validation_rows,
            seed=seed,
            steps_done=steps_done,
        )
        for step in range(1 + steps_done, plan.simulated_steps + 1):
            self._inject_fault(step)
            self._record(plan, next(steps))
            self._wait_until(self._progress())
        self._put("simulated_policy.json", json.dumps(policy_report(self._job.steps), indent=1).encode())

    def _record(self, plan: SimulationPlan, scores: StepScores) -> None:
        self._job.steps.append(scores)
        self._job.modified = datetime.now(UTC)
        self._write_metrics(self._job.steps, plan)
        self._save(self._job)  # last, so that a persisted step has all its files

    def _write_metrics(self, steps: Sequence[StepScores], plan: SimulationPlan) -> None:
        """Write the metrics files under the keys that Bedrock documents for customization jobs in general."""
        self._put("training_artifacts/step_wise_training_metrics.csv", training_csv(steps))
        validation = "validation_artifacts/post_fine_tuning_validation/validation_metrics.csv"
        self._put(validation, validation_csv(steps))
        lines = ["The model of this job is simulated; the scores are the real grader's.", *plan.cuts]
        self._put("SIMULATED.txt", ("\n".join(lines) + "\n").encode())

    def _put(self, name: str, body: bytes) -> None:
        bucket, _, prefix = self._job.request["outputDataConfig"]["s3Uri"].removeprefix("s3://").partition("/")
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        key = f"{folder}model-customization-job-{self._job.id}/{name}"
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _validation_rows(self) -> list[DatasetRow]:
        validators = self._job.request.get("validationDataConfig", {}).get("validators", [])
        rows = [row for each in validators for row in read_rows(self._s3, each["s3Uri"])]
        return rows[:VALIDATION_ROWS]

    def _inject_fault(self, step: int) -> None:
        """Apply this step's injected fault, if any, then check for a stop request."""
        fault = self._faults.take("bedrock", "Train", self._job.name, only=TRAINING_FAULTS, step=step)
        if fault and fault.effect == "fail":
            raise _Failed(f"Injected by the emulator at step {step}.")
        if fault and fault.effect == "stop":
            self._job.stop_requested.set()
        if fault and fault.effect == "hang":
            self._job.hangs = True
            self._save(self._job)
        if self._job.hangs:
            self._wait_for_stop()
        self._check_stop()

    def _wait_for_stop(self) -> None:
        while not self._clock.closing and not self._job.stop_requested.wait(0.2):
            pass

    def _progress(self) -> float:
        """Return the share of the job's duration that its completed phases and steps account for."""
        job = self._job
        prepared = PREPARATION_SHARE * [phase.status for phase in job.phases.values()].count("Completed")
        trained = len(job.steps) / job.plan.simulated_steps if job.plan else 0.0
        return prepared + (1 - 2 * PREPARATION_SHARE) * trained

    def _wait_until(self, share: float) -> None:
        """Wait until this share of the job's duration has passed. Raises _Stopped on a stop request."""
        due = self._started + share * self._options.training_seconds
        while not self._clock.closing and (remaining := due - time.monotonic()) > 0:
            if self._job.stop_requested.wait(min(remaining, 0.2)):
                break
        self._check_stop()

    def _check_stop(self) -> None:
        if self._clock.closing or self._job.stop_requested.is_set():
            raise _Stopped

    def _start_phase(self, phase: str) -> None:
        self._check_stop()
        self._set_phase(phase, "InProgress")

    def _complete_phase(self, phase: str, share: float) -> None:
        self._wait_until(share)
        self._set_phase(phase, "Completed")

    def _set_phase(self, phase: str, status: str) -> None:
        """Set a phase's status; has no effect if it is already set or the phase is completed."""
        if self._job.phases[phase].status not in ("Completed", status):
            self._job.phases[phase].move(status)
            self._save(self._job)

    def _complete(self) -> None:
        model = base_name(self._job.request)
        account = ":".join(self._job.arn.split(":")[:5])
        self._job.model_arn = f"{account}:custom-model/{model}/{self._job.id}"
        self._end("Completed")

    def _end(self, status: str, failure: str | None = None) -> None:
        for name in PHASES:
            if self._job.phases[name].status == "InProgress":
                self._job.phases[name].move(status)
        self._job.failure = failure[:2048] if failure else None
        self._job.ended = self._job.modified = datetime.now(UTC)
        self._job.status = status
        self._save(self._job)
        self._on_change(self._job)
