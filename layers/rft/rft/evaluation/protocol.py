"""Sampling settings of a run's models, and where they differ from training. Pure."""

from __future__ import annotations

from rft.contracts.run_request import HyperParameters
from rft.contracts.sampling import SamplingProtocol

CALIBRATION_TEMPERATURE = 1.0
"""Sampling temperature of GRPO."""

EVALUATION_TEMPERATURE = 0.0
"""Default temperature: the typical answer that a user gets, with the least noise."""


def sampling_protocol(hyperparameters: HyperParameters, *, temperature: float) -> SamplingProtocol:
    """Same settings as in training.

    With effort `high`, Nova 2 rejects maxTokens, temperature and topP, so none is sent.
    """
    effort = hyperparameters.reasoningEffort
    if effort == "high":
        return SamplingProtocol(temperature=None, max_tokens=None, reasoning_effort="high")
    return SamplingProtocol(
        temperature=temperature, max_tokens=hyperparameters.inferenceMaxTokens, reasoning_effort=effort
    )


def unmatched_settings(protocol: SamplingProtocol, hyperparameters: HyperParameters) -> tuple[str, ...]:
    """Every setting that differs from training's rollouts, or whose training value is unknown."""
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
