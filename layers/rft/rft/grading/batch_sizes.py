"""How many samples a grader gets in one call, and how many calls at a time. Pure."""

from __future__ import annotations

from rft.contracts.run_request import HyperParameters

BATCH_SAMPLES = 64
"""What SageMaker sends a grader at once; Bedrock's number is not documented."""

MAX_PARALLEL = 12
"""Calls that SageMaker makes to a grader at once; Bedrock's number is not documented."""

ROLLOUTS_PER_STEP = 256
"""Default without a known batch size: 64 prompts with 4 answers each, AWS's sample."""


def rollouts_per_step(chosen: HyperParameters) -> int:
    """Answers that one training step has graded."""
    if chosen.batchSize is None or chosen.trainingSamplePerPrompt is None:
        return ROLLOUTS_PER_STEP
    return chosen.batchSize * chosen.trainingSamplePerPrompt
