"""Formula for the monthly cost of a stack without runs, at list prices for us-east-1 as of 2026-05. Pure."""

from __future__ import annotations

from tests.kit.project import FUNCTIONS, RESOURCES

MINUTES = 43_800
"""Minutes per month (730 hours)."""

ALARM = 0.10
KEY = 1.00
GB_SECOND = 0.0000133334
REQUEST = 0.0000002
READ_UNITS = 0.125 / 1_000_000
LOG_GB = 0.50
TRACE = 5 / 1_000_000
"""US dollars per CloudWatch standard alarm, KMS key, Lambda GB-second (arm64) and request, DynamoDB read unit
(on-demand), CloudWatch Logs GB, X-Ray trace. Source: AWS's pricing pages; without free tiers, except the account's
first three dashboards."""

SECONDS = 0.3
"""Billed seconds of an invocation without work: 0.05 measured on the emulator, the rest allows for a cold start."""
LOG_BYTES = 900
"""Bytes of START, END and REPORT as JSON, per invocation."""

SCHEDULED = {"PublishEvents": MINUTES, "SweepRuns": MINUTES / 30}
"""Scheduled invocations per month."""


def idle_month() -> dict[str, float]:
    """Return US dollars by part."""
    kinds = [resource["Type"] for resource in RESOURCES.values()]
    return {
        "alarms": ALARM * kinds.count("AWS::CloudWatch::Alarm"),
        "the alarms' key": KEY * kinds.count("AWS::KMS::Key"),
        "Lambda": sum(_lambda(name, count) for name, count in SCHEDULED.items()),
        "DynamoDB": READ_UNITS * (SCHEDULED["PublishEvents"] * 0.5 + SCHEDULED["SweepRuns"] * 20),
        "CloudWatch Logs": LOG_GB * LOG_BYTES * sum(SCHEDULED.values()) / 1e9,
        "X-Ray": TRACE * sum(n for name, n in SCHEDULED.items() if FUNCTIONS[name]["Tracing"] == "Active"),
    }


def _lambda(name: str, count: float) -> float:
    return count * (REQUEST + GB_SECOND * SECONDS * int(FUNCTIONS[name]["MemorySize"]) / 1024)
