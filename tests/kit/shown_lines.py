"""Renders views to lines of text."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from rft_cli.views.lines import HANG
from rft_cli.views.printing import print_lines
from tests.kit.reward_curves import curve

METRICS = {**curve([0.25, 0.75], lambda _: 0.5, every=2).model_dump(mode="json"), "rollouts": 228, "errors": 3}


def plain(lines: Iterable[str]) -> list[str]:
    return [Text.from_markup(each.replace(HANG, "")).plain for each in lines]


FORECAST = {
    "steps": 100,
    "rollouts": {"low": 7400, "high": 10800},
    "judge_calls_in_all": {"low": 220, "high": 12100},
    "training_hours": {"low": 0.02, "high": 24},
    "cost_usd": {"low": 0.16, "high": None},
    "prices_as_of": "2026-05",
    "cost": [{"name": "training", "usd": None, "unknown": ["the price of an hour"]}],
    "limits": [
        {"name": "judge_requests_per_minute", "needed": 234.7, "allowed": 100, "fits": False},
        {"name": "grader_concurrency", "needed": 1, "allowed": None, "fits": None},
    ],
    "over_budget": ["max_judge_calls is 1,000"],
}


def printed(lines: Iterable[str], width: int = 80, *, terminal: bool = True) -> list[str]:
    out = io.StringIO()
    print_lines(Console(file=out, force_terminal=terminal, width=width, color_system=None), lines)
    return out.getvalue().splitlines()
