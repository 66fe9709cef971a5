"""Validation of dataset URIs, applied to requests and to each fetch.

- `s3://` in the stack's own data bucket, but not under `runs/` or `shards/`: files of runs contain their ids and
  held-out rows, which training on them would leak.
- `https://` on an allowed host, port 443, without credentials or query: both would be stored in the run's records.
  A redirect's target may have a query, because file hosts redirect to signed links.

URIs that parsers may interpret differently are rejected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from rft.errors import InvalidRequest

OWN_PREFIXES = ("runs/", "shards/")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_NOT_PLAIN_ASCII = re.compile(r"[^\x21-\x7e]")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""Global unicast IPv6 as allocated by IANA; excludes NAT64, site-local and mapped addresses."""
_SPECIAL = tuple(
    map(
        ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
    )
)
"""Protocol assignments, documentation, 6to4 and Teredo: some map to arbitrary IPv4 addresses, including private ones.

Explicit, because Python's lists differ by version (IANA special-purpose address registries).
"""


@dataclass(frozen=True)
class S3Address:
    bucket: str
    key: str


@dataclass(frozen=True)
class HttpsAddress:
    """A URL on an allowed host; `target` is its path and query."""

    host: str
    target: str


Address = S3Address | HttpsAddress


def check_address(uri: str, bucket: str, allowed_hosts: Collection[str]) -> Address:
    """Parses a request's `dataset.uri`. Raises InvalidRequest (dataset.uri) if it is not allowed."""
    if _UNSAFE.search(uri):
        _refuse("it contains a backslash or a control character")
    scheme = uri.partition("://")[0].lower()
    if scheme == "s3":
        return _s3(uri, bucket)
    if scheme != "https":
        _refuse(f"use s3://{bucket}/… or https:// on an allowed host")
    return _https(uri, allowed_hosts, query=False)


def check_version(address: Address, version: str | None) -> None:
    """Raises InvalidRequest (dataset.version) if the source has no versions."""
    if version is not None and not isinstance(address, S3Address):
        raise InvalidRequest("only objects on S3 have versions", field="dataset.version")


def check_redirect(uri: str, allowed_hosts: Collection[str]) -> HttpsAddress:
    """Parses a redirect's target. Raises InvalidRequest (dataset.uri) if it is not allowed."""
    if not uri.lower().startswith("https://"):
        _refuse("it redirects to something that is not https://")
    return _https(uri, allowed_hosts, query=True)


def is_public(ip: str) -> bool:
    """Whether an IP address is public: not private, link-local, loopback, or mapped to one of these."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address not in _GLOBAL_UNICAST:
            return False
    if any(address.version == network.version and address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _s3(uri: str, bucket: str) -> S3Address:
    named, _, key = uri[len("s3://") :].partition("/")
    if named != bucket:
        _refuse(f"datasets on S3 must be in this stack's bucket: s3://{bucket}/…")
    if not key or key.endswith("/"):
        _refuse("the object key is missing")
    if re.search(r"[%?#]", key):
        _refuse("an object key must not contain %, ? or #; do not percent-encode it")
    _check_segments(key)
    if own := next((prefix for prefix in OWN_PREFIXES if key.startswith(prefix)), None):
        _refuse(f"{own} contains files written by runs; copy the file to uploads/ to train on it")
    return S3Address(bucket=bucket, key=key)


def _https(uri: str, allowed_hosts: Collection[str], *, query: bool) -> HttpsAddress:
    if _NOT_PLAIN_ASCII.search(uri) or _UNSAFE.search(uri):
        _refuse("spaces and non-ASCII characters must be percent-encoded")
    parts = _split(uri)
    if "@" in parts.netloc:
        _refuse("the URL must not contain credentials")
    host = _host(parts)
    if host not in allowed_hosts:
        _refuse(f"host {host} is not allowed; allowed hosts: {', '.join(sorted(allowed_hosts)) or 'none'}")
    if "#" in uri or ("?" in uri and not query):
        _refuse("the URL must not contain a query or fragment")
    _check_path(parts.path)
    return HttpsAddress(host=host, target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _split(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError:
        _refuse("it is not a valid URL")


def _host(parts: SplitResult) -> str:
    """The host in lower case; no port other than 443 is allowed."""
    host, _, port = parts.netloc.lower().partition(":")
    if port not in ("", "443") or parts.netloc.endswith(":"):
        _refuse("only port 443 is allowed")
    return host


def _check_path(path: str) -> None:
    decoded = unquote(path)
    if "%" in decoded:
        _refuse("its path is percent-encoded more than once")
    if re.search(r"%(2f|5c)", path, re.IGNORECASE) or _UNSAFE.search(decoded):
        _refuse("its path contains an encoded slash, backslash or control character")
    _check_segments(decoded.removeprefix("/"))


def _check_segments(path: str) -> None:
    if any(segment in ("", ".", "..") for segment in path.split("/")[:-1]) or path.endswith(("/.", "/..")):
        _refuse("its path contains an empty, . or .. segment")
    if path in (".", ".."):
        _refuse("its path contains an empty, . or .. segment")


def _refuse(reason: str) -> NoReturn:
    raise InvalidRequest(reason, field="dataset.uri")
