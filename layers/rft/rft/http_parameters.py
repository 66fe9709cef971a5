"""Query and header parameters shared by several API routes."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from rft.contracts.base import RunId
from rft.contracts.deployments import DeploymentName
from rft.contracts.experiments.record import ExperimentId
from rft.contracts.http.patterns import IDEMPOTENCY_KEY

PartLimit = Annotated[int, Query(ge=1, le=1000, description="Maximum number of items per page.")]
PartCursor = Annotated[str | None, Query(max_length=1024, description="Cursor from the previous page.")]
RunIdInPath = Annotated[RunId, Path()]
DeploymentInPath = Annotated[DeploymentName, Path()]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=IDEMPOTENCY_KEY,
        description="1 to 128 printable ASCII characters; the same caller, key and request always give the same run.",
    ),
]
ExperimentIdInPath = Annotated[ExperimentId, Path()]
