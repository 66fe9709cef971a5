"""Models and their deployments, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from rft.contracts.dataset import Message
from rft.contracts.deployments import DeploymentRecord
from rft.contracts.sampling import SamplingProtocol
from rft.errors import DeploymentNotFound, RetryableServiceError
from rft.ports.models import ModelDeployment, SampledText

Reply = Callable[[str, Sequence[Message]], str]
"""Returns the answer of a model (by id) to a prompt."""


class MemorySampler:
    """Models answer with `reply`. Exceptions in `fails_with` are raised once each, in order."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.requests: list[tuple[str, SamplingProtocol]] = []
        self.fails_with: list[Exception] = []
        self.stop_reason = "end_turn"
        self._lock = threading.Lock()

    def sample(self, model_id: str, messages: Sequence[Message], protocol: SamplingProtocol) -> SampledText:
        with self._lock:
            self.requests.append((model_id, protocol))
            if self.fails_with:
                raise self.fails_with.pop(0)
        text = self.reply(model_id, messages)
        return SampledText(text, self.stop_reason, input_tokens=len(messages), output_tokens=len(text.split()))


class MemoryDeployments:
    """Deployments by name; new ones have `status` (default Active), and updates complete immediately.

    Exceptions in `fails_with[method]` are raised once each instead of the call; those in `answer_lost[method]` after
    the call took effect.
    """

    def __init__(self) -> None:
        self.deployments: dict[str, ModelDeployment] = {}
        self.tags: dict[str, Mapping[str, str]] = {}
        self.deleted: list[str] = []
        self.updates: list[tuple[str, str]] = []
        self.status = "Active"
        self.update_status = "UpdateCompleted"
        self.fails_with: dict[str, list[Exception]] = {}
        self.answer_lost: dict[str, list[Exception]] = {}

    def create(self, name: str, model_arn: str, *, tags: Mapping[str, str], token: str) -> str:
        self._fail("create")
        if name not in self.deployments:
            arn = f"arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/{len(self.deployments) + 1:012d}"
            self.deployments[name] = ModelDeployment(arn, name, model_arn, self.status)
            self.tags[name] = dict(tags)
        self._lose("create")
        return self.deployments[name].arn

    def find(self, name_or_arn: str) -> ModelDeployment | None:
        self._fail("find")
        return next((each for each in self.deployments.values() if name_or_arn in (each.name, each.arn)), None)

    def update(self, name_or_arn: str, model_arn: str) -> None:
        self._fail("update")
        found = self.find(name_or_arn)
        if found is None:
            raise DeploymentNotFound(name_or_arn)
        self.updates.append((found.name, model_arn))
        serving = model_arn if self.update_status == "UpdateCompleted" else found.model_arn
        self.deployments[found.name] = replace(
            found, model_arn=serving, update_status=self.update_status, update_model_arn=model_arn
        )
        self._lose("update")

    def delete(self, name_or_arn: str) -> None:
        self._fail("delete")
        found = self.find(name_or_arn)
        if found is not None:
            del self.deployments[found.name]
            self.deleted.append(found.name)
        self._lose("delete")

    def tagged(self, key: str) -> list[tuple[ModelDeployment, Mapping[str, str]]]:
        self._fail("tagged")
        return [(each, self.tags[name]) for name, each in self.deployments.items() if key in self.tags[name]]

    def move(self, name: str, **changes: str) -> None:
        """Set fields of a deployment by name."""
        self.deployments[name] = replace(self.deployments[name], **changes)

    def _fail(self, method: str) -> None:
        if self.fails_with.get(method):
            raise self.fails_with[method].pop(0)

    def _lose(self, method: str) -> None:
        if self.answer_lost.get(method):
            raise self.answer_lost[method].pop(0)


class MemoryDeploymentRecords:
    """Deployment histories with optimistic locking, as in the ledger."""

    def __init__(self) -> None:
        self.records: dict[str, DeploymentRecord] = {}

    def get(self, name: str) -> DeploymentRecord:
        return self.records.get(name, DeploymentRecord(name=name))

    def put(self, record: DeploymentRecord) -> DeploymentRecord:
        if self.get(record.name).version != record.version:
            raise RetryableServiceError(f"{record.name} was changed by another writer")
        self.records[record.name] = record.model_copy(update={"version": record.version + 1})
        return self.records[record.name]

    def all(self) -> list[DeploymentRecord]:
        return [self.records[name] for name in sorted(self.records)]
