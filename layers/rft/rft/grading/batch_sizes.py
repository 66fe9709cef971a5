"""Batch sizes and parallelism of calls to a grader. Pure."""

from __future__ import annotations

from rft.contracts.run_request import HyperParameters

BATCH_SAMPLES = 64
"""Samples per call, as SageMaker sends them; Bedrock's number is not documented."""

MAX_PARALLEL = 12
"""Concurrent calls, as SageMaker makes them; Bedrock's number is not documented."""

ROLLOUTS_PER_STEP = 256
"""Default if the batch size is unknown: 64 prompts with 4 answers each, as in AWS's example."""


def rollouts_per_step(chosen: HyperParameters) -> int:
    """The number of answers that one training step sends to the grader."""
    if chosen.batchSize is None or chosen.trainingSamplePerPrompt is None:
        return ROLLOUTS_PER_STEP
    return chosen.batchSize * chosen.trainingSamplePerPrompt
