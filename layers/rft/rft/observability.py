"""Structured logs. Every line carries the run id; none carries a prompt, an answer or an event."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The process's JSON logger; POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL name and tune it."""
    return Logger()
