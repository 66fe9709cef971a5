"""Statistics of prompt lengths."""

from __future__ import annotations

from collections import Counter

from rft.contracts.dataset import TokenStatistics


def token_statistics(prompt_tokens: Counter[int], encoding: str) -> TokenStatistics:
    """Statistics of prompt lengths in tokens, given as length → number of prompts.

    Percentiles are nearest-rank, so each is the length of an actual prompt.
    """
    lengths = sorted(prompt_tokens)
    rows = prompt_tokens.total()
    total = sum(length * count for length, count in prompt_tokens.items())
    return TokenStatistics(
        encoding=encoding,
        min=lengths[0],
        max=lengths[-1],
        mean=round(total / rows, 2),
        p50=_percentile(prompt_tokens, lengths, 50),
        p95=_percentile(prompt_tokens, lengths, 95),
        p99=_percentile(prompt_tokens, lengths, 99),
        total=total,
    )


def _percentile(prompt_tokens: Counter[int], lengths: list[int], percent: int) -> int:
    remaining = -(-prompt_tokens.total() * percent // 100)
    for length in lengths:
        remaining -= prompt_tokens[length]
        if remaining <= 0:
            return length
    return lengths[-1]
