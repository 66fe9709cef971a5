"""Ports to sample models and to manage their deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # Graders and steps import only the contracts they use, to keep cold starts short.
    from rft.contracts.dataset import Message
    from rft.contracts.deployments import DeploymentRecord
    from rft.contracts.sampling import SamplingProtocol


@dataclass(frozen=True)
class SampledText:
    """A model's answer: its first text block ('' if there is none), and its tokens, including reasoning."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    simulated: bool = False


class ModelSampler(Protocol):
    def sample(self, model_id: str, messages: Sequence[Message], protocol: SamplingProtocol) -> SampledText:
        """Requests one answer to a prompt, without retries.

        `model_id`: a model id, an inference profile's id or a deployment's ARN. Raises ModelNotInvocable,
        PromptRefused, RetryableThrottling, RetryableServiceError.
        """
        ...


@dataclass(frozen=True)
class ModelDeployment:
    """An on-demand deployment of a custom model. `status`: Creating, Active or Failed.

    An update leaves `status` Active: `update_status` is Updating, UpdateCompleted or UpdateFailed, and
    `update_model_arn` the new model.
    """

    arn: str
    name: str
    model_arn: str
    status: str
    failure: str = ""
    update_status: str = ""
    update_model_arn: str = ""

    @property
    def updating(self) -> bool:
        """Whether an update is in progress; until it completes, the previous model is served."""
        return self.update_status == "Updating"

    @property
    def serving(self) -> str:
        return self.update_model_arn if self.update_status == "UpdateCompleted" else self.model_arn


class ModelDeployments(Protocol):
    def create(self, name: str, model_arn: str, *, tags: Mapping[str, str], token: str) -> str:
        """Deploys a model and returns the ARN; idempotent for the same token and name.

        Raises DeploymentRefused, RetryableQuota, RetryableThrottling, RetryableServiceError.
        """
        ...

    def find(self, name_or_arn: str) -> ModelDeployment | None:
        """Returns the deployment, None if it does not exist. Raises RetryableThrottling, RetryableServiceError."""
        ...

    def update(self, name_or_arn: str, model_arn: str) -> None:
        """Updates a deployment to another model. Raises DeploymentRefused, DeploymentNotFound, Retryable…."""
        ...

    def delete(self, name_or_arn: str) -> None:
        """Deletes a deployment if it exists. Raises RetryableServiceError while it cannot be deleted."""
        ...

    def tagged(self, key: str) -> list[tuple[ModelDeployment, Mapping[str, str]]]:
        """Returns all deployments with this tag key, each with all its tags. Raises as `find`."""
        ...


class DeploymentRecords(Protocol):
    """Histories of the deployments that promotions change."""

    def get(self, name: str) -> DeploymentRecord:
        """Returns the record (strongly consistent read); an empty record of version 0 for an unknown name."""
        ...

    def put(self, record: DeploymentRecord) -> DeploymentRecord:
        """Stores a record if the stored version equals its own; returns it with the next version.

        Raises RetryableServiceError if another writer was faster: reread and retry.
        """
        ...

    def all(self) -> list[DeploymentRecord]:
        """All records, ordered by name; eventually consistent."""
        ...
