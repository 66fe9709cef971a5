"""All configuration options of the emulated AWS."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.bedrock.judge import STAND_IN, server_model_id
from emulator.faults import Fault
from rft_project import ROOT


@dataclass(frozen=True, kw_only=True)
class EmulatorOptions:
    """Options of one emulator; the defaults are those of the demo.

    Times are in real seconds unless stated otherwise. `speed` is the number of emulated seconds per real second for
    state machine Waits, Retry back-off and retries of asynchronous invocations. Everything else, such as function
    timeouts and the times that Bedrock reports, uses the wall clock.
    """

    template: Path = ROOT / "template.yaml"
    stack_name: str = "rft"
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameter overrides of the template, as in `sam deploy --parameter-overrides`."""

    key_policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """KMS keys that exist before the deployment: ARN → key policy."""

    port: int = 0
    """Port of the AWS endpoint on 127.0.0.1; 0 lets the system choose."""
    api_port: int = 0
    """Port of the HTTP API on 127.0.0.1; 0 lets the system choose."""

    issuer_certificate: Path | None = None
    """PEM file of a certificate authority to trust for the token issuer, in addition to the system's."""

    speed: float = 120.0
    workers_per_function: int = 4
    """Maximum concurrent processes per function; further invocations are queued (AWS would scale out)."""

    training_seconds: float = 12.0
    """Minimum duration of a Bedrock job, from creation to end; slow grading extends it."""
    max_steps: int = 20
    """Maximum training steps simulated per job; longer jobs are truncated, and their output files say so."""
    max_rollouts_per_step: int = 256
    """Maximum rollouts graded per step; larger batches are truncated, and the job's output files say so."""
    grader_batch: int = 64
    """Samples per grader invocation: SageMaker's value; Bedrock's is not documented."""
    grader_parallelism: int = 4
    """Concurrent grader invocations (SageMaker: 12); those above `workers_per_function` are queued."""
    deployment_seconds: float = 0.5
    """Time that a deployment is in status Creating; minutes on AWS."""
    concurrent_jobs: int = 2
    """Quota of jobs that are InProgress or Stopping; above it, creation fails with ServiceQuotaExceededException."""
    custom_base_models: bool = False
    """Whether a job may use a custom model as its base. AWS does not document this, so it is rejected by default."""
    read_lag_seconds: float = 0.05
    """Real time until eventually consistent reads of DynamoDB see a write, measured from the write's response."""
    seed: int = 42
    """Seed of the sampled rollouts: the same seed and requests give the same answers."""

    faults: Sequence[Fault] = ()
    """Active once the stack is deployed."""

    state: Path | None = None
    """Folder where state is persisted and resumed from; None: the state is discarded on exit."""

    schedules: bool = False
    """Whether scheduled rules fire, at `speed` times the real rate but at most once per 15 real seconds."""

    judge_url: str | None = field(default_factory=lambda: os.environ.get("RFT_JUDGE_URL") or None)
    """Base URL of an OpenAI-compatible server used for Converse; None: the deterministic stand-in."""
    judge_model: str = field(default_factory=lambda: os.environ.get("RFT_JUDGE_MODEL", "default"))
    """Model name sent to `judge_url`."""
    policy_url: str | None = field(default_factory=lambda: os.environ.get("RFT_POLICY_URL") or None)
    """Base URL of an OpenAI-compatible server used as the base model; None: the dataset's base mix."""
    policy_model: str = field(default_factory=lambda: os.environ.get("RFT_POLICY_MODEL", "default"))
    """Model name sent to `policy_url`."""
    judge_latency: float = 0.0
    """Latency of the stand-in per answer, in seconds."""

    def stack_parameters(self, known: Collection[str]) -> dict[str, str]:
        """Return the values of the template's parameters: the user's, and a judge model id that names the actual judge.

        `known` are the parameter names of the template.
        """
        judge = server_model_id(self.judge_model) if self.judge_url else STAND_IN
        return {**({"JudgeModelId": judge} if "JudgeModelId" in known else {}), **self.parameters}
