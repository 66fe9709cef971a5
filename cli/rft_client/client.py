"""One deployed stack: `client.runs` has everything about runs, `client.deployments` what promotions changed."""

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
"""Retries for max about 30 seconds before a request fails."""


class Client:
    """A stack, named as the `rft` command names it: by arguments, or else by RFT_API_URL, RFT_BUCKET or RFT_STACK.

    Requests are signed with what botocore's credential chain finds; `token` (or RFT_TOKEN) is sent in place of a
    signature, and a function gives a fresh one for each request. Requests that can be repeated safely are, where the
    API is throttled or away; `retry` says how often. Errors are RftClientError, those of the API ApiError.
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
        """The same API with answers as plain JSON."""
        return self._deployment.client

    @cached_property
    def runs(self) -> Runs:
        """Start, list, follow and stop runs, and read what they found."""
        return Runs(self._deployment)

    def deployments(self) -> DeploymentList:
        """Deployments that promotions of this stack changed."""
        return typed(DeploymentList, self.api.deployments())

    def roll_back(self, deployment: str) -> DeploymentView:
        """Return a deployment to the model that it served before its last change."""
        return typed(DeploymentView, self.api.roll_back(deployment))

    def delete_deployment(self, deployment: str) -> DeploymentView:
        """Delete a deployment that a promotion made; its models and its history stay."""
        return typed(DeploymentView, self.api.delete_deployment(deployment))
