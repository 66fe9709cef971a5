"""The request type that the mappers of all services use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from emulator.http.operations import Operation
from emulator.iam.authorizer import Check


class Lookups(Protocol):
    """Resolves resources that a request identifies only in part."""

    def object_exists(self, bucket: str, key: str, version: str) -> bool:
        """Return whether an object exists; `version` is '' for the newest."""
        ...

    def state_machine_of(self, task_token: str) -> str:
        """Return the ARN of the state machine that waits for a token, else of any one; '' if there is none."""
        ...

    def job_arn(self, identifier: str) -> str:
        """Return the ARN of a customization job by its name or ARN; '' if there is no such job."""
        ...


@dataclass(frozen=True)
class WireRequest:
    """An operation and its parameters; header names are in lower case."""

    operation: Operation
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    region: str
    account: str

    @property
    def name(self) -> str:
        return self.operation.name

    def label(self, at: int) -> str:
        """Return a URI label by position; '' if it is missing."""
        labels = self.operation.labels
        return labels[at] if at < len(labels) else ""

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The parsed body if it is a JSON object, else an empty mapping."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


Mapper = Callable[[WireRequest, Lookups], Iterable[Check]]
