"""What the base model and deployed custom models answer: their policies' answers to rows that this AWS knows."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Iterator

from emulator.bedrock.models import Models
from emulator.http.replies import AwsError
from emulator.simulator.known_rows import KnownRows
from emulator.simulator.policy import Policy

UNKNOWN = "[simulated] This model is emulated: it can answer the prompts of its own dataset, and this is none of them."

BASE = "amazon.nova-2-lite"
"""A part of each id by which the base model is invoked: `us.amazon.nova-2-lite-v1:0`, for one."""


class ModelAnswers:
    """Answers as what policies have learned; the base model's has learned nothing. All draws depend on the seed."""

    def __init__(self, models: Models, rows: KnownRows, *, seed: int) -> None:
        self._models = models
        self._rows = rows
        self._base = Policy(seed=f"{seed}/base", learning_rate=0)
        self._turns: dict[tuple[str, str], Iterator[int]] = defaultdict(lambda: itertools.count(1))
        self._lock = threading.Lock()

    def base(self, prompt: str, *, greedy: bool) -> str:
        """The base model's answer: its dataset's base mix."""
        return self._answer(self._base, BASE, prompt, greedy=greedy)

    def tuned(self, deployment_arn: str, prompt: str, *, greedy: bool) -> str:
        """A deployed model's answer. Raises AwsError: ResourceNotFoundException, ModelNotReadyException."""
        deployment = self._models.deployment(deployment_arn)
        if deployment.status != "Active":
            raise AwsError("ModelNotReadyException", 429, f"The deployment is {deployment.status}.")
        job = deployment.serving
        self._rows.add(job)
        return self._answer(job.policy, job.arn, prompt, greedy=greedy) if job.policy else UNKNOWN

    def _answer(self, policy: Policy, model: str, prompt: str, *, greedy: bool) -> str:
        """The same each time at temperature 0; otherwise another each time, independent of other calls."""
        row = self._rows.find(prompt)
        if row is None:
            return UNKNOWN
        with self._lock:
            turn = 0 if greedy else next(self._turns[model, prompt])
        return policy.answer(row, at=f"turn {turn}").text
