"""Samples a model in parallel, with retries and a deadline. Takes ports."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from rft.contracts.dataset import DatasetRow
from rft.contracts.sampling import Answer, SamplingProtocol
from rft.errors import PromptRefused, RetryableServiceError, RetryableThrottling
from rft.ports.models import ModelSampler, SampledText
from rft.ports.storage import Clock

PARALLELISM = 16
"""Concurrent requests per function; the state machine runs four functions in parallel."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Jittered exponential back-off between retries: base delay in seconds."""

Pause = Callable[[float], None]


@dataclass(frozen=True)
class Prompt:
    """A request for one answer: the `sample`-th of the file's row number `row`."""

    row: int
    source: DatasetRow
    sample: int = 0
    mirrored: bool = False


@dataclass(frozen=True)
class Sampling:
    """One model under one protocol. Answers not received by `deadline` are left to a later attempt."""

    sampler: ModelSampler
    model_id: str
    protocol: SamplingProtocol
    clock: Clock
    deadline: datetime
    pause: Pause = time.sleep

    def answers(self, prompts: Sequence[Prompt]) -> tuple[Answer, ...]:
        """Returns one answer per prompt, in order; a prompt that the model refuses gives an answer with an error.

        Raises ModelNotInvocable, and RetryableThrottling or RetryableServiceError once the deadline has passed.
        """
        with ThreadPoolExecutor(max_workers=PARALLELISM) as pool:
            return tuple(pool.map(self._answer, prompts))

    def _answer(self, prompt: Prompt) -> Answer:
        row_id, started = prompt.source.task_id, self.clock.now()
        try:
            sampled = self._sampled(prompt)
        except PromptRefused as refused:
            return Answer(
                row=prompt.row, row_id=row_id, sample=prompt.sample, mirrored=prompt.mirrored, error=str(refused)
            )
        return Answer(
            row=prompt.row,
            row_id=row_id,
            sample=prompt.sample,
            mirrored=prompt.mirrored,
            text=sampled.text,
            stop_reason=sampled.stop_reason,
            input_tokens=sampled.input_tokens,
            output_tokens=sampled.output_tokens,
            seconds=round((self.clock.now() - started).total_seconds(), 3),
            simulated=sampled.simulated,
        )

    def _sampled(self, prompt: Prompt) -> SampledText:
        longest = FIRST_PAUSE
        while True:
            try:
                return self.sampler.sample(self.model_id, prompt.source.messages, self.protocol)
            except (RetryableThrottling, RetryableServiceError):
                pause = random.uniform(0, longest)  # noqa: S311 - jitter
                if self.clock.now() + timedelta(seconds=pause) >= self.deadline:
                    raise
                self.pause(pause)
                longest = min(LONGEST_PAUSE, longest * 2)
