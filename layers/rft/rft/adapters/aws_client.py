"""Clients of AWS services; `wiring` makes each once."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config


def aws_client(
    service: str, *, attempts: int = 5, connect_timeout: int = 60, read_timeout: int = 60, connections: int = 10
) -> Any:
    """A boto3 client. Five attempts ride out blips; waiting longer is the state machine's work."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        max_pool_connections=connections,
        signature_version="s3v4" if service == "s3" else None,  # else addresses get one that not every region takes
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]


def aws_credentials() -> Any:
    """Those of the process, for requests that no client of boto3 makes."""
    return boto3.Session().get_credentials()
