"""Sends webhooks over HTTPS: signed as by Standard Webhooks, to public addresses only, without redirects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import urllib3
from botocore.exceptions import ClientError
from standardwebhooks.webhooks import Webhook

from rft.adapters.aws_errors import translated
from rft.adapters.dataset_source import OpenPool, Resolve, open_pool, resolve
from rft.contracts.outbound.webhook_address import WebhookAddress
from rft.datasets.address import is_public
from rft.errors import DatasetNotFound, RetryableServiceError, WebhookRefused

STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""Versions of the secret used to sign; during a rotation, a receiver may have either."""

CONNECT_SECONDS, READ_SECONDS = 5, 15
"""Timeouts; Standard Webhooks recommends 15 to 30 seconds."""

GONE = 410
"""Status with which a receiver disables an endpoint (Standard Webhooks)."""


class HttpsWebhookSender:
    """Sends webhooks. `resolve` and `open_pool` are injected for tests."""

    def __init__(
        self, secrets: Any, *, secret_arn: str, resolve: Resolve = resolve, open_pool: OpenPool = open_pool
    ) -> None:
        self._secrets = secrets
        self._secret_arn = secret_arn
        self._resolve = resolve
        self._open_pool = open_pool

    def send(self, address: WebhookAddress, *, message_id: str, body: bytes, at: datetime) -> int:
        """Posts a signed message. Returns the number of signatures. Raises WebhookRefused and Retryable… errors."""
        webhooks = [Webhook(secret) for secret in self._secret_values()]
        signatures = [each.sign(msg_id=message_id, timestamp=at, data=body.decode()) for each in webhooks]
        headers = {
            "Host": address.host,
            "Content-Type": "application/json",
            "User-Agent": "rft",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        _check_status(self._post(address, body, headers), address.host)
        return len(signatures)

    def _secret_values(self) -> Iterator[str]:
        """Yields the secret's current and, if any, previous value. Raises botocore errors, before anything is sent."""
        for stage in STAGES:
            try:
                with translated():
                    found = self._secrets.get_secret_value(SecretId=self._secret_arn, VersionStage=stage)
            except ClientError as error:
                if stage == STAGES[0] or error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                return
            yield found["SecretString"]

    def _post(self, address: WebhookAddress, body: bytes, headers: dict[str, str]) -> int:
        try:
            with self._open_pool(address.host, self._public_address(address.host)) as pool:
                response = pool.urlopen(
                    "POST",
                    address.target,
                    body=body,
                    headers=headers,
                    timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                    retries=False,
                    redirect=False,
                    preload_content=False,  # the response body is not read
                )
                response.close()
                return response.status
        except urllib3.exceptions.HTTPError as error:
            raise RetryableServiceError(f"{address.host} could not be reached: {type(error).__name__}") from error

    def _public_address(self, host: str) -> str:
        """The host's first address. Raises WebhookRefused if any is not public: a later look-up may return it."""
        try:
            addresses = self._resolve(host)
        except DatasetNotFound as error:
            raise RetryableServiceError(str(error)) from error
        if not addresses or any(not is_public(address) for address in addresses):
            raise WebhookRefused(f"{host} has an address that is not public")
        return addresses[0]


def _check_status(status: int, host: str) -> None:
    if 200 <= status < 300:
        return
    if status == GONE or 300 <= status < 400:
        why = "wants no more webhooks" if status == GONE else "redirects, which is not followed"
        raise WebhookRefused(f"{host} answered {status}: it {why}")
    raise RetryableServiceError(f"{host} answered {status}")
