"""Parses the MLflow server's address in the parameter MlflowTrackingUri. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from rft.errors import TrackingRefused

_ARN = re.compile(r"arn:aws:sagemaker:([a-z0-9-]+):[0-9]{12}:mlflow-tracking-server/[A-Za-z0-9-]{1,256}")


@dataclass(frozen=True)
class TrackingAddress:
    """An MLflow server; `arn` and `region` are set for a SageMaker-managed server, else ''."""

    scheme: str
    host: str
    port: int
    path: str = ""
    arn: str = ""
    region: str = ""


def tracking_address(uri: str) -> TrackingAddress:
    """Parses an http(s):// URL, or derives the endpoint of an ARN. Raises TrackingRefused."""
    if managed := _ARN.fullmatch(uri):
        region = managed[1]
        return TrackingAddress("https", f"{region}.experiments.sagemaker.aws", 443, arn=uri, region=region)
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise TrackingRefused("MlflowTrackingUri is not a valid URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TrackingRefused("MlflowTrackingUri must be http://, https:// or the ARN of a tracking server")
    if "@" in parts.netloc or parts.query or parts.fragment or not uri.isascii():
        raise TrackingRefused("MlflowTrackingUri must not contain credentials, query or fragment; use MlflowSecretArn")
    return TrackingAddress(
        parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), parts.path.rstrip("/")
    )


def is_reachable(ip: str) -> bool:
    """False for addresses that no server has: link-local (metadata services), multicast, unspecified.

    Private addresses are allowed: the operator sets the address, and tracking servers are often in the same VPC.
    """
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_reachable(str(address.ipv4_mapped))
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)
