"""Every knob of the emulated AWS."""

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
    """How an emulator is started; the defaults suit the demo.

    Times in seconds are real seconds, except where `speed` is named: it says how many seconds of a state machine's
    Wait, of a Retry's back-off and of an asynchronous invocation's retry pass in one real second. Everything else,
    such as timeouts of functions and the times that Bedrock reports, runs at the speed of the wall clock.
    """

    template: Path = ROOT / "template.yaml"
    stack_name: str = "rft"
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameter overrides of the template, as in `sam deploy --parameter-overrides`."""

    key_policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Keys of KMS that the account has before the deployment: ARN → key policy."""

    port: int = 0
    """Port of the AWS endpoint on 127.0.0.1; 0 lets the system choose."""
    api_port: int = 0
    """Port of the HTTP API on 127.0.0.1; 0 lets the system choose."""

    issuer_certificate: Path | None = None
    """PEM file of an authority that vouches for the issuer of the API's tokens, besides the system's."""

    speed: float = 120.0
    workers_per_function: int = 4
    """Processes a function may have at once; further invocations wait (AWS would start more)."""

    training_seconds: float = 12.0
    """How long a Bedrock job takes from creation to its end, when grading does not take longer."""
    max_steps: int = 20
    """A job simulates no more training steps than this; a longer one is cut, and its files say so."""
    max_rollouts_per_step: int = 256
    """A step grades no more rollouts than this; a larger batch is cut, and the job's files say so."""
    grader_batch: int = 64
    """Samples in one grader invocation: what SageMaker does; Bedrock's number is not documented."""
    grader_parallelism: int = 4
    """Grader invocations at once (SageMaker: 12); more than `workers_per_function` only wait."""
    deployment_seconds: float = 0.5
    """How long a deployment is Creating; on AWS it is minutes."""
    concurrent_jobs: int = 2
    """Quota of jobs that are InProgress or Stopping; the next one gets ServiceQuotaExceededException."""
    custom_base_models: bool = False
    """Whether a job may start from a custom model. What AWS does is not documented, so the default refuses it."""
    read_lag_seconds: float = 0.05
    """How long after its reply a write to DynamoDB is seen by reads that are not strongly consistent, in real time."""
    seed: int = 42
    """Rollouts are drawn from it: the same seed and the same requests give the same answers."""

    faults: Sequence[Fault] = ()
    """In force once the stack is deployed."""

    state: Path | None = None
    """Folder of the state, from which the next start resumes; None: the state ends with the emulator."""

    schedules: bool = False
    """Whether rules with a schedule fire: by the clock that `speed` is about, but never twice in 15 real seconds."""

    judge_url: str | None = field(default_factory=lambda: os.environ.get("RFT_JUDGE_URL") or None)
    """Base URL of an OpenAI-compatible server that answers Converse; None: the deterministic stand-in."""
    judge_model: str = field(default_factory=lambda: os.environ.get("RFT_JUDGE_MODEL", "default"))
    """Model name sent to `judge_url`."""
    policy_url: str | None = field(default_factory=lambda: os.environ.get("RFT_POLICY_URL") or None)
    """Base URL of an OpenAI-compatible server that answers as the base model; None: its dataset's base mix."""
    policy_model: str = field(default_factory=lambda: os.environ.get("RFT_POLICY_MODEL", "default"))
    """Model name sent to `policy_url`."""
    judge_latency: float = 0.0
    """Seconds that the stand-in takes for one answer."""

    def stack_parameters(self, known: Collection[str]) -> dict[str, str]:
        """Values of the template's parameters: the user's own, and for the judge an id that says what answers here.

        `known` are the names that the template has.
        """
        judge = server_model_id(self.judge_model) if self.judge_url else STAND_IN
        return {**({"JudgeModelId": judge} if "JudgeModelId" in known else {}), **self.parameters}
