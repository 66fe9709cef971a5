"""Requests to an MLflow server: authenticated, without redirects, and to valid server addresses only."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from rft.adapters.aws_errors import translated
from rft.adapters.dataset_source import Resolve, resolve
from rft.datasets.address import is_public
from rft.errors import DatasetNotFound, RetryableServiceError, RetryableThrottling, TrackingRefused
from rft.runs.tracking_address import TrackingAddress, is_reachable, tracking_address

CONNECT_SECONDS, READ_SECONDS = 5, 30
MAX_REPLY = 2**20
"""Maximum bytes read of a response: only ids are needed."""

SERVICE = "sagemaker-mlflow"
"""What requests to a server that SageMaker manages are signed for, and the header that names the server
(github.com/aws/sagemaker-mlflow)."""
SERVER_HEADER = "x-mlflow-sm-tracking-server-arn"

OpenPool = Callable[[TrackingAddress, str], urllib3.HTTPConnectionPool]


class MlflowTransport:
    """Transport to the server at `uri` (MlflowTrackingUri).

    `secret_arn`: a token, or JSON with username and password; '' for none. `credentials` sign requests to a
    SageMaker-managed server. `resolve` and `open_pool` can be replaced in tests.
    """

    def __init__(
        self,
        uri: str,
        *,
        secrets: Any,
        secret_arn: str = "",
        credentials: Callable[[], Any] = lambda: None,
        resolve: Resolve = resolve,
        open_pool: OpenPool | None = None,
    ) -> None:
        self._address = tracking_address(uri)
        self._secrets, self._secret_arn = secrets, secret_arn
        self._credentials = credentials
        self._resolve = resolve
        self._open_pool = open_pool or _open_pool

    def call(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """The reply as JSON; None where the server has no such thing.

        Raises TrackingRefused, RetryableServiceError, RetryableThrottling.
        """
        status, reply = self.send(method, path, json.dumps(body).encode(), "application/json")
        if status == 404:
            return None
        self.check(status)
        try:
            found = json.loads(reply)
        except ValueError as error:
            raise TrackingRefused(f"{self._address.host} does not answer as MLflow does") from error
        return found if isinstance(found, dict) else {}

    def send(self, method: str, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        """Sends one request, without retries; returns status and body."""
        target = f"{self._address.path}{path}"
        headers = self._headers(method, target, body, {"Host": self._host(), "Content-Type": content_type})
        try:
            with self._open_pool(self._address, self._ip()) as pool:
                response = pool.urlopen(
                    method,
                    target,
                    body=body,
                    headers=headers,
                    timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                found = response.read(MAX_REPLY)
                response.close()
                return response.status, found
        except urllib3.exceptions.HTTPError as error:
            name = type(error).__name__
            raise RetryableServiceError(f"{self._address.host} could not be reached: {name}") from error

    def check(self, status: int) -> None:
        # What the server says is not repeated: it may quote values.
        host = self._address.host
        if status == 429:
            raise RetryableThrottling(f"{host} answered 429")
        if status >= 500:
            raise RetryableServiceError(f"{host} answered {status}")
        if not 200 <= status < 300:
            raise TrackingRefused(f"{host} answered {status}")

    def _host(self) -> str:
        usual = {"http": 80, "https": 443}[self._address.scheme]
        return self._address.host if self._address.port == usual else f"{self._address.host}:{self._address.port}"

    def _headers(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
        if self._address.arn:
            return self._signed(method, target, body, {**headers, SERVER_HEADER: self._address.arn})
        return {**headers, **self._authorization()}

    def _signed(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
        headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
        request = AWSRequest(method, f"https://{self._address.host}{target}", data=body, headers=headers)
        SigV4Auth(self._credentials(), SERVICE, self._address.region).add_auth(request)
        return dict(request.headers.items())

    def _authorization(self) -> dict[str, str]:
        if not self._secret_arn:
            return {}
        with translated():
            secret = self._secrets.get_secret_value(SecretId=self._secret_arn)["SecretString"]
        try:
            pair = json.loads(secret)
        except ValueError:
            return {"Authorization": f"Bearer {secret.strip()}"}
        if not isinstance(pair, dict) or not {"username", "password"} <= set(pair):
            raise TrackingRefused("MlflowSecretArn must hold a token, or JSON with username and password")
        basic = base64.b64encode(f"{pair['username']}:{pair['password']}".encode()).decode()
        return {"Authorization": f"Basic {basic}"}

    def _ip(self) -> str:
        host = self._address.host
        try:
            addresses = self._resolve(host)
        except DatasetNotFound as error:
            raise RetryableServiceError(str(error)) from error
        if not addresses or not all(map(is_reachable, addresses)):
            raise TrackingRefused(f"{host} has an address that no server has")
        return addresses[0]


def _open_pool(address: TrackingAddress, ip: str) -> urllib3.HTTPConnectionPool:
    """Connections to one IP address; with https, its TLS certificate must be valid for the host."""
    host = address.host
    if address.scheme == "https":
        return urllib3.HTTPSConnectionPool(ip, address.port, server_hostname=host, assert_hostname=host)
    if is_public(ip):
        raise TrackingRefused(f"{host} is on the internet and must be https://")
    return urllib3.HTTPConnectionPool(ip, address.port)
