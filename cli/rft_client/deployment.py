"""The deployed stack used by a command: API, region, data bucket and the caller's credentials."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from boto3.session import Session

from rft_client.api_client import ApiClient
from rft_client.auth import BearerToken, SigV4
from rft_client.errors import RftClientError
from rft_client.identity import signing_problem
from rft_client.token_command import TokenCommand
from rft_client.transport import ONCE, Retry, Transport

API_URL = re.compile(r"https?://[\w.-]+(:\d+)?(/\S*)?|https?://\[[0-9a-f:]+\](:\d+)?(/\S*)?", re.IGNORECASE)
API_HOST = re.compile(r"https://[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?(/.*)?")


@dataclass(frozen=True)
class Deployment:
    """A stack, resolved lazily from the options, or else RFT_API_URL and RFT_BUCKET, or else RFT_STACK.

    `token` (default: RFT_TOKEN, or the output of RFT_TOKEN_COMMAND) authenticates the caller instead of a signature.

    `client`, `bucket`, `stack_name`, `s3` and `logs` raise RftClientError, and botocore errors of CloudFormation calls.
    """

    api_url: str | None = None
    stack: str | None = None
    region: str | None = None
    bucket_name: str | None = None
    token: str | Callable[[], str] | None = field(default=None, repr=False)
    retry: Retry = ONCE
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @cached_property
    def client(self) -> ApiClient:
        """The API's client, which uses the token if there is one, or else the session's credentials."""
        url = self._checked_url() or self._outputs.get("ApiUrl")
        if not url:
            raise RftClientError(
                f"Stack {self._stack} has no output ApiUrl; check that it is a deployment of this project"
            )
        command = self.environ.get("RFT_TOKEN_COMMAND")
        if token := self.token or self.environ.get("RFT_TOKEN") or (command and TokenCommand(command)):
            return ApiClient(Transport(url, BearerToken(token), self.retry))
        region = self.region or region_of(url) or str(self._session.region_name)
        signature = SigV4(region, _credentials(self._session), lambda: signing_problem(self._session.client("sts")))
        return ApiClient(Transport(url, signature, self.retry))

    @cached_property
    def bucket(self) -> str:
        """Name of the data bucket."""
        named = self.bucket_name or (None if self._named_by_options else self.environ.get("RFT_BUCKET"))
        name = named or (self._stack and self._outputs.get("DataBucketName")) or self.environ.get("RFT_BUCKET")
        if not name:
            raise RftClientError("No data bucket is set; pass --stack NAME or --bucket NAME, or set RFT_BUCKET")
        return name

    def output(self, name: str) -> str | None:
        """An output of the stack; None if it does not exist or no stack is named."""
        return self._outputs.get(name) if self._stack else None

    def s3(self) -> Any:
        """A boto3 client of S3 for the data bucket."""
        return self._session.client("s3")

    @property
    def stack_name(self) -> str:
        """Name of the stack; its log groups have it as a prefix."""
        if not self._stack:
            raise RftClientError("No stack is named; pass --stack NAME or set RFT_STACK")
        return self._stack

    def functions(self) -> Any:
        """A boto3 client of AWS Lambda."""
        return self._session.client("lambda")

    def secrets(self) -> Any:
        """A boto3 client of Secrets Manager."""
        return self._session.client("secretsmanager")

    def logs(self) -> Any:
        """A boto3 client of CloudWatch Logs."""
        return self._session.client("logs")

    @property
    def _named_by_options(self) -> bool:
        return bool(self.api_url or self.stack)

    @property
    def _url(self) -> str | None:
        return self.api_url or (None if self.stack else self.environ.get("RFT_API_URL"))

    def _checked_url(self) -> str | None:
        """The API's URL; None if a stack is named instead. Raises RftClientError for an invalid URL."""
        if not (self._url or self._stack):
            raise RftClientError("No API is set; set RFT_API_URL, or pass --stack NAME of the deployed stack")
        if self._url and not API_URL.fullmatch(self._url):
            raise RftClientError(
                f"API URL {self._url} is not valid; use https://HOST, or http://HOST:PORT of an emulator"
            )
        return self._url

    @property
    def _stack(self) -> str | None:
        return self.stack or (None if self.api_url else self.environ.get("RFT_STACK"))

    @cached_property
    def _session(self) -> Session:
        self._checked_url()
        session = Session(region_name=self.region or region_of(self._url) or self.environ.get("AWS_REGION"))
        if session.region_name is None:
            raise RftClientError("No AWS region is set; pass --region or set AWS_REGION")
        return session

    @cached_property
    def _outputs(self) -> dict[str, str]:
        stacks = self._session.client("cloudformation").describe_stacks(StackName=self._stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def region_of(api_url: str | None) -> str | None:
    """The region in an API Gateway URL; None for other URLs (custom domains, the emulator)."""
    found = API_HOST.fullmatch(api_url or "")
    return found[1] if found else None


def _credentials(session: Session) -> Any:
    credentials = session.get_credentials()
    if credentials is None:
        raise RftClientError(
            "No AWS credentials found; run `aws configure` or `aws sso login`, or set AWS_PROFILE, "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return credentials
