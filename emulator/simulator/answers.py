"""Answers of the base model and of deployed custom models: drawn from their policies, for known rows."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Iterator

from emulator.bedrock.models import Models
from emulator.http.replies import AwsError
from emulator.simulator.known_rows import KnownRows
from emulator.simulator.policy import Policy

UNKNOWN = "[simulated] This model is emulated: it can only answer prompts of its own dataset, which this is not."

BASE = "amazon.nova-2-lite"
"""Substring of all ids of the base model, such as `us.amazon.nova-2-lite-v1:0`."""


class ModelAnswers:
    """Answers prompts with trained policies, or with an untrained one for the base model. Draws depend on the seed."""

    def __init__(self, models: Models, rows: KnownRows, *, seed: int) -> None:
        self._models = models
        self._rows = rows
        self._base = Policy(seed=f"{seed}/base", learning_rate=0)
        self._turns: dict[tuple[str, str], Iterator[int]] = defaultdict(lambda: itertools.count(1))
        self._lock = threading.Lock()

    def base(self, prompt: str, *, greedy: bool) -> str:
        """Return the base model's answer, drawn from the dataset's base mix."""
        return self._answer(self._base, BASE, prompt, greedy=greedy)

    def tuned(self, deployment_arn: str, prompt: str, *, greedy: bool) -> str:
        """Return a deployed model's answer. Raises AwsError (ResourceNotFoundException, ModelNotReadyException)."""
        deployment = self._models.deployment(deployment_arn)
        if deployment.status != "Active":
            raise AwsError("ModelNotReadyException", 429, f"The deployment is {deployment.status}.")
        job = deployment.serving
        self._rows.add(job)
        return self._answer(job.policy, job.arn, prompt, greedy=greedy) if job.policy else UNKNOWN

    def _answer(self, policy: Policy, model: str, prompt: str, *, greedy: bool) -> str:
        """Draw an answer: the same for each call if `greedy` (temperature 0), else a new draw per call."""
        row = self._rows.find(prompt)
        if row is None:
            return UNKNOWN
        with self._lock:
            turn = 0 if greedy else next(self._turns[model, prompt])
        return policy.answer(row, at=f"turn {turn}").text
