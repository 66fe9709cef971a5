"""Client of one deployed stack."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from rft.contracts.deployments import DeploymentList, DeploymentView
from rft_client.answers import typed
from rft_client.api_client import ApiClient
from rft_client.deployment import Deployment
from rft_client.runs import Runs
from rft_client.transport import Retry

RETRY = Retry(attempts=5)
"""Retries a request for about 30 seconds at most."""


class Client:
    """A stack, resolved as by the `rft` command: from arguments, or else RFT_API_URL, RFT_BUCKET or RFT_STACK.

    Requests are signed with credentials of botocore's chain, or carry `token` (or RFT_TOKEN) as a bearer token; a
    callable is called for each request. Idempotent requests are retried by `retry` if the API throttles or is
    unreachable. Methods raise RftClientError, for errors of the API its subclass ApiError.
    """

    def __init__(
        self,
        api_url: str | None = None,
        *,
        stack: str | None = None,
        region: str | None = None,
        bucket: str | None = None,
        token: str | Callable[[], str] | None = None,
        retry: Retry = RETRY,
    ) -> None:
        self._deployment = Deployment(
            api_url=api_url, stack=stack, region=region, bucket_name=bucket, token=token, retry=retry
        )

    @property
    def api(self) -> ApiClient:
        """Client of the same API that returns plain JSON."""
        return self._deployment.client

    @cached_property
    def runs(self) -> Runs:
        """Operations on runs and their results."""
        return Runs(self._deployment)

    def deployments(self) -> DeploymentList:
        """Deployments that this stack's promotions have changed."""
        return typed(DeploymentList, self.api.deployments())

    def roll_back(self, deployment: str) -> DeploymentView:
        """Restores the model that the deployment served before its last change."""
        return typed(DeploymentView, self.api.roll_back(deployment))

    def delete_deployment(self, deployment: str) -> DeploymentView:
        """Deletes a deployment that a promotion created; its models and history are retained."""
        return typed(DeploymentView, self.api.delete_deployment(deployment))
