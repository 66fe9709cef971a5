"""Capabilities of judge models on Converse, as of 2026-08.

Sources: Bedrock User Guide, "Get validated JSON results from models" and "Prompt caching for faster model inference";
model cards for sampling. An unlisted model gets plain requests, which every model accepts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PLAIN_TOKENS = 1024
"""A reply takes about 60 tokens; the rest is for models that add prose, whose reply is then rejected for that."""

THINKING_TOKENS = 8192
"""Thinking counts towards the limit; a model that reaches it while thinking has not answered."""

_REGION = re.compile(r"^(us|us-gov|eu|apac|jp|au|ca|global)\.")


@dataclass(frozen=True)
class ModelCapabilities:
    """`structured`: takes outputConfig.textFormat. `caches`: takes cachePoint. `sampling`: takes a temperature."""

    structured: bool = False
    caches: bool = False
    sampling: bool = True
    max_tokens: int = PLAIN_TOKENS


_CLAUDE_THINKS = ModelCapabilities(caches=True, sampling=False, max_tokens=THINKING_TOKENS)
_THINKS_STRUCTURED = ModelCapabilities(structured=True, max_tokens=THINKING_TOKENS)

FAMILIES: tuple[tuple[str, ModelCapabilities], ...] = (
    (r"amazon\.nova-(micro|lite|pro|premier)-", ModelCapabilities(caches=True)),
    (r"anthropic\.claude-((haiku|sonnet|opus)-4-5|opus-4-6)", ModelCapabilities(structured=True, caches=True)),
    (r"anthropic\.claude-(3-5-haiku|3-7-sonnet|sonnet-4-[26]|opus-4-[12])", ModelCapabilities(caches=True)),
    (r"anthropic\.claude-3-", ModelCapabilities()),
    (r"anthropic\.claude-", _CLAUDE_THINKS),  # later models reject a temperature and always think
    (r"openai\.gpt-oss-", _THINKS_STRUCTURED),
    (r"moonshot(ai)?\.kimi-", _THINKS_STRUCTURED),
    (r"deepseek\.r1", ModelCapabilities(max_tokens=THINKING_TOKENS)),
    (r"amazon\.nova-2-", ModelCapabilities()),
)
"""Prefix of a model id → its capabilities; the first match applies."""


def capabilities(model_id: str) -> ModelCapabilities:
    """Accepts a model id, a cross-Region profile's id, or the ARN of either."""
    name = _REGION.sub("", model_id.rsplit("/", 1)[-1])
    return next((known for start, known in FAMILIES if re.match(start, name)), ModelCapabilities())
