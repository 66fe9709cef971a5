"""Statistics of prompt lengths."""

from __future__ import annotations

from collections.abc import Sequence

from rft.contracts.dataset import TokenStatistics


def token_statistics(counts: Sequence[int], encoding: str) -> TokenStatistics:
    """Describe prompt lengths in tokens; percentiles are nearest ranks, so each is the length of a real prompt."""
    ordered = sorted(counts)
    total = sum(ordered)
    return TokenStatistics(
        encoding=encoding,
        min=ordered[0],
        max=ordered[-1],
        mean=round(total / len(ordered), 2),
        p50=_percentile(ordered, 50),
        p95=_percentile(ordered, 95),
        p99=_percentile(ordered, 99),
        total=total,
    )


def _percentile(ordered: Sequence[int], percent: int) -> int:
    return ordered[-(-len(ordered) * percent // 100) - 1]
