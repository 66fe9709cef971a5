"""Moto's Lambda: configuration and code of functions created through the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.awslambda.utils import get_backend

from emulator.moto.account import ACCOUNT


@dataclass(frozen=True)
class StoredFunction:
    """`configuration` is the response of GetFunctionConfiguration; `archive` is the zip file of the code."""

    configuration: dict[str, Any]
    archive: bytes


def stored_function(region: str, name: str) -> StoredFunction:
    """Return $LATEST of a function. Raises KeyError if the function does not exist."""
    found = get_backend(ACCOUNT, region)._lambdas._functions[name]["latest"]
    known = {key: value for key, value in found.get_configuration().items() if value is not None}
    return StoredFunction(known, found.code_bytes)
