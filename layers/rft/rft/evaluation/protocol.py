"""The settings by which a run's models are sampled, and what of them could not match training. Pure."""

from __future__ import annotations

from rft.contracts.run_request import HyperParameters
from rft.contracts.sampling import SamplingProtocol

CALIBRATION_TEMPERATURE = 1.0
"""What GRPO samples with."""

EVALUATION_TEMPERATURE = 0.0
"""The usual answer for a user of the model, with the least noise."""


def sampling_protocol(hyperparameters: HyperParameters, *, temperature: float) -> SamplingProtocol:
    """As training samples. With effort `high`, Nova 2 refuses maxTokens, temperature and topP: none of them is sent."""
    effort = hyperparameters.reasoningEffort
    if effort == "high":
        return SamplingProtocol(temperature=None, max_tokens=None, reasoning_effort="high")
    return SamplingProtocol(
        temperature=temperature, max_tokens=hyperparameters.inferenceMaxTokens, reasoning_effort=effort
    )


def unmatched_settings(protocol: SamplingProtocol, hyperparameters: HyperParameters) -> tuple[str, ...]:
    """Every setting that differs from, or cannot be compared with, the rollouts of training."""
    limit = hyperparameters.inferenceMaxTokens
    found = ["topP: the service's default applies; the value of training rollouts is not published"]
    if protocol.temperature is None:
        found.append("temperature: not accepted with reasoning effort high; the service's default applies")
    elif protocol.temperature != CALIBRATION_TEMPERATURE:
        found.append(f"temperature: {protocol.temperature:g}, where training samples at 1")
    if limit is None:
        found.append("maxTokens: the run leaves inferenceMaxTokens to the service, whose value is not published")
    elif protocol.max_tokens is None:
        found.append(f"maxTokens: not accepted with reasoning effort high; training ends answers at {limit}")
    return tuple(found)
