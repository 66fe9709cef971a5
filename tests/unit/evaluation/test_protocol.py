"""Settings by which models are sampled."""

from __future__ import annotations

import pytest

from rft.contracts.run_request import HyperParameters
from rft.evaluation.protocol import sampling_protocol, unmatched_settings


@pytest.mark.parametrize("effort", [None, "low", "medium"])
def test_settings_match_training_unless_effort_is_high(effort: str | None) -> None:
    chosen = HyperParameters.model_validate({"reasoningEffort": effort, "inferenceMaxTokens": 512})
    protocol = sampling_protocol(chosen, temperature=0)

    assert (protocol.max_tokens, protocol.temperature, protocol.reasoning_effort) == (512, 0, effort)
    assert [text.split(":")[0] for text in unmatched_settings(protocol, chosen)] == ["topP", "temperature"]


def test_effort_high_leaves_settings_out_and_lists_them() -> None:
    chosen = HyperParameters(reasoningEffort="high", inferenceMaxTokens=512)
    protocol = sampling_protocol(chosen, temperature=0)

    assert (protocol.max_tokens, protocol.temperature, protocol.top_p) == (None, None, None)
    found = unmatched_settings(protocol, chosen)
    assert [text.split(":")[0] for text in found] == ["topP", "temperature", "maxTokens"]


def test_the_digest_depends_on_the_settings() -> None:
    chosen = HyperParameters(reasoningEffort="low", inferenceMaxTokens=512)
    one, other = (sampling_protocol(chosen, temperature=t) for t in (0, 1))

    assert one.digest != other.digest
    assert one.digest == sampling_protocol(chosen, temperature=0).digest
