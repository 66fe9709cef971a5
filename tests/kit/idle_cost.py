"""What a stack without runs costs a month, by formula, at list prices of us-east-1 as of 2026-05. Pure."""

from __future__ import annotations

from tests.kit.project import FUNCTIONS, RESOURCES

MINUTES = 43_800
"""Of a month: 730 hours."""

ALARM = 0.10
KEY = 1.00
GB_SECOND = 0.0000133334
REQUEST = 0.0000002
READ_UNITS = 0.125 / 1_000_000
LOG_GB = 0.50
TRACE = 5 / 1_000_000
"""CloudWatch: a standard alarm; KMS: a key; Lambda on arm64; DynamoDB on demand: a read unit; CloudWatch Logs: a GB;
X-Ray: a trace. By AWS's pricing pages; without free tiers, but for the account's first three dashboards."""

SECONDS = 0.3
"""Billed for one invocation that finds nothing: measured 0.05 on the emulator, the rest is for a new process."""
LOG_BYTES = 900
"""START, END and REPORT in JSON."""

SCHEDULED = {"PublishEvents": MINUTES, "SweepRuns": MINUTES / 30}
"""Invocations a month."""


def idle_month() -> dict[str, float]:
    """US dollars by part."""
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
