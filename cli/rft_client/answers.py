"""Parses JSON responses of the API as contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from rft.contracts.base import Contract
from rft_client.errors import RftClientError

Answer = TypeVar("Answer", bound=Contract)


def typed(contract: type[Answer], answer: Mapping[str, Any]) -> Answer:
    """Parses a response as its contract; ignores unknown fields, which a newer stack may return.

    Raises RftClientError for an invalid response.
    """
    try:
        return contract.model_validate_json(json.dumps(answer), extra="ignore")
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        raise RftClientError(
            f"The API's answer is no {contract.__name__} as this client knows it (field {field}); "
            "install the client of the stack's version"
        ) from error
