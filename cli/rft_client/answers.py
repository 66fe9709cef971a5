"""The API's JSON as its contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from rft.contracts.base import Contract
from rft_client.errors import RftClientError

Answer = TypeVar("Answer", bound=Contract)


def typed(contract: type[Answer], answer: Mapping[str, Any]) -> Answer:
    """The answer as its contract; fields that a newer stack added are left out.

    Raises RftClientError for an answer of another shape.
    """
    try:
        return contract.model_validate_json(json.dumps(answer), extra="ignore")
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        raise RftClientError(
            f"The API's answer is no {contract.__name__} as this client knows it (field {field}); "
            "install the client of the stack's version"
        ) from error
