"""Clients of AWS services; `wiring` creates each once."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config


def aws_client(
    service: str, *, attempts: int = 5, connect_timeout: int = 60, read_timeout: int = 60, connections: int = 10
) -> Any:
    """A boto3 client. Five attempts cover transient errors; longer waits belong to the state machine."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        max_pool_connections=connections,
        # otherwise presigned URLs use a version that some Regions reject
        signature_version="s3v4" if service == "s3" else None,
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]


def aws_credentials() -> Any:
    """The process's credentials, for requests that boto3 does not make."""
    return boto3.Session().get_credentials()
