"""Structured logs and metrics. Every log line carries the run id, and none a prompt, an answer or an event."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from rft.text import log_json

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

NAMESPACE = "RftControlPlane"


@cache
def logger() -> Logger:
    """The process's JSON logger, configured by POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL."""
    from aws_lambda_powertools import Logger  # noqa: PLC0415  a grader's first answer need not wait for it

    return Logger(json_serializer=log_json)


def emit_metrics(*, figures: Mapping[str, float], **dimensions: str) -> None:
    """Prints one line in CloudWatch's embedded metric format; each metric has all the dimensions."""
    # Not powertools' Metrics, which would add the service as another dimension.
    definition = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name} for name in figures],
    }
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [definition]},
        **dimensions,
        **figures,
    }
    print(json.dumps(line), flush=True)  # noqa: T201  where CloudWatch reads it from
