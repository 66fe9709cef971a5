"""Models that answer prompts, and their deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a function loads only the contracts that its own step uses: a grader none of the ledger's
    from rft.contracts.dataset import Message
    from rft.contracts.deployments import DeploymentRecord
    from rft.contracts.sampling import SamplingProtocol


@dataclass(frozen=True)
class SampledText:
    """A model's answer: its first text, '' where there is none, and the tokens it took, reasoning included."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    simulated: bool = False


class ModelSampler(Protocol):
    """Samples models."""

    def sample(self, model_id: str, messages: Sequence[Message], protocol: SamplingProtocol) -> SampledText:
        """One answer to a prompt, requested once.

        `model_id` is a model's or inference profile's id, or a deployment's ARN. Raises ModelNotInvocable,
        PromptRefused, RetryableThrottling, RetryableServiceError.
        """
        ...


@dataclass(frozen=True)
class ModelDeployment:
    """An on-demand deployment of a custom model.

    `status`: Creating, Active or Failed. An update leaves it Active: `update_status` is Updating, UpdateCompleted or
    UpdateFailed, `update_model_arn` the model that it changes to.
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
        """Whether it is changing to another model; until then the earlier one answers."""
        return self.update_status == "Updating"

    @property
    def serving(self) -> str:
        """The model that answers now."""
        return self.update_model_arn if self.update_status == "UpdateCompleted" else self.model_arn


class ModelDeployments(Protocol):
    """On-demand deployments of custom models."""

    def create(self, name: str, model_arn: str, *, tags: Mapping[str, str], token: str) -> str:
        """Deploy a model and return the ARN; the same token and name give the deployment that is there.

        Raises DeploymentRefused, RetryableQuota, RetryableThrottling, RetryableServiceError.
        """
        ...

    def find(self, name_or_arn: str) -> ModelDeployment | None:
        """The deployment now, None where there is none. Raises RetryableThrottling, RetryableServiceError."""
        ...

    def update(self, name_or_arn: str, model_arn: str) -> None:
        """Change a deployment to another model. Raises DeploymentRefused, DeploymentNotFound, Retryable…."""
        ...

    def delete(self, name_or_arn: str) -> None:
        """Delete a deployment; one that is gone is no error. Raises RetryableServiceError while it cannot be."""
        ...

    def tagged(self, key: str) -> list[tuple[ModelDeployment, Mapping[str, str]]]:
        """All deployments that have this tag, each with all its tags. Raises as `find`."""
        ...


class DeploymentRecords(Protocol):
    """The history of each deployment that promotions change."""

    def get(self, name: str) -> DeploymentRecord:
        """The record now, strongly consistent; an empty one of version 0 for a name without any."""
        ...

    def put(self, record: DeploymentRecord) -> DeploymentRecord:
        """Store a record in place of the version that it was made from; returns it with the next version.

        Raises RetryableServiceError where another writer was faster: read it again.
        """
        ...

    def all(self) -> list[DeploymentRecord]:
        """Every record, by name; eventually consistent."""
        ...
