"""A request as the mappers read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from emulator.http.operations import Operation
from emulator.iam.authorizer import Check


class Lookups(Protocol):
    """What the account holds, where a request does not name it in full."""

    def object_exists(self, bucket: str, key: str, version: str) -> bool:
        """`version` is '' for the newest."""
        ...

    def state_machine_of(self, task_token: str) -> str:
        """ARN of the state machine that waits for a token; '' where none does."""
        ...

    def job_arn(self, identifier: str) -> str:
        """ARN of a customization job by its name or ARN; '' for an unknown one."""
        ...


@dataclass(frozen=True)
class WireRequest:
    """An operation with its values; header names are in lower case."""

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
        """A value of the path; '' where there is none."""
        labels = self.operation.labels
        return labels[at] if at < len(labels) else ""

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The body, where it is a JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


Mapper = Callable[[WireRequest, Lookups], Iterable[Check]]
