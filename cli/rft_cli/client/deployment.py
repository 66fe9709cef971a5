"""Which deployed stack a command talks to: its API, region, data bucket and the caller's credentials."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boto3.session import Session

from rft_cli.client.control_plane import ControlPlane
from rft_cli.errors import CommandError

API_HOST = re.compile(r"https://[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?(/.*)?")


@dataclass(frozen=True)
class Deployment:
    """A stack as its caller sees it. `session` has the credential chain that signs for `plane` too."""

    plane: ControlPlane
    session: Session
    data_bucket: str | None

    @property
    def bucket(self) -> str:
        """Name of the data bucket. Raises CommandError if nobody named it."""
        if not self.data_bucket:
            raise CommandError("no data bucket is named: give --stack NAME or --bucket NAME, or set RFT_BUCKET")
        return self.data_bucket

    def s3(self) -> Any:
        """A client for the data bucket."""
        return self.session.client("s3")


def deployment(
    *,
    api_url: str | None = None,
    stack: str | None = None,
    region: str | None = None,
    bucket: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Deployment:
    """The stack that options name, or else RFT_API_URL and RFT_BUCKET, or else RFT_STACK.

    Raises CommandError, and botocore's errors where CloudFormation is asked and refuses.
    """
    if not (api_url or stack):
        api_url, stack = environ.get("RFT_API_URL"), environ.get("RFT_STACK")
        bucket = bucket or environ.get("RFT_BUCKET")
    if not (api_url or stack):
        raise CommandError("no API is named: set RFT_API_URL, or give --stack NAME of the deployed stack")
    session = Session(region_name=region or region_of(api_url) or environ.get("AWS_REGION"))
    if session.region_name is None:
        raise CommandError("no AWS region is known: give --region, or set AWS_REGION")
    outputs = _outputs(session, stack) if stack and not (api_url and bucket) else {}
    url = api_url or outputs.get("ApiUrl")
    if not url:
        raise CommandError(f"the stack {stack} has no output ApiUrl: is it a deployment of this project?")
    plane = ControlPlane(url, region or region_of(url) or session.region_name, _credentials(session))
    return Deployment(plane, session, bucket or outputs.get("DataBucketName") or environ.get("RFT_BUCKET"))


def region_of(api_url: str | None) -> str | None:
    """The region in an address of API Gateway's own; None for any other (a custom domain, the emulator)."""
    found = API_HOST.fullmatch(api_url or "")
    return found[1] if found else None


def _outputs(session: Session, stack: str) -> dict[str, str]:
    stacks = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def _credentials(session: Session) -> Any:
    credentials = session.get_credentials()
    if credentials is None:
        raise CommandError(
            "no AWS credentials found: run `aws configure` or `aws sso login`, or set AWS_PROFILE, "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return credentials
