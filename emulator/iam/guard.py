"""Authenticates and authorises each request to the emulated AWS."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from werkzeug.wrappers import Request

from emulator.http.operations import Operation
from emulator.http.replies import AwsError
from emulator.http.signature import is_authentic, signed_request
from emulator.iam.authorizer import Authorizer
from emulator.iam.keyring import Keyring
from emulator.iam.principals import Principal
from emulator.iam.wire.request import Lookups, WireRequest
from emulator.iam.wire.services import checks

CONTROL_SERVICE = "emulator"
"""Signing name of requests to the emulator's control API."""

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")


_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method."
)


class Guard:
    def __init__(
        self, keyring: Keyring, authorizer: Authorizer, lookups: Lookups, *, account: str, region: str
    ) -> None:
        self._keyring = keyring
        self._authorizer = authorizer
        self._lookups = lookups
        self._account, self._region = account, region

    def check(self, operation: Operation, request: Request, body: bytes) -> None:
        """Raise AwsError if the signature is invalid or the signer lacks a permission."""
        principal = self._signer(operation, request, body)
        wire = WireRequest(
            operation=operation,
            query=request.args,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            region=self._region,
            account=self._account,
        )
        self._authorizer.require(operation.service, principal, checks(wire, self._lookups))

    def check_control(self, request: Request, body: bytes) -> None:
        """Raise AwsError unless a request to the control API is signed by the administrator."""
        if self._signer(Operation(CONTROL_SERVICE, ""), request, body) != self._keyring.administrator:
            raise AwsError("AccessDenied", 403, "The control API accepts only the emulator's own credentials.")

    def on_call(self, operation: Operation, body: bytes) -> None:
        """Apply an AddPermission call to the policies; clear cached decisions after any call of IAM or Lambda."""
        if operation.name == "AddPermission" and operation.service == "lambda":
            name = operation.labels[0]
            arn = name if name.startswith("arn:") else f"arn:aws:lambda:{self._region}:{self._account}:function:{name}"
            self._authorizer.policies.grant(arn, json.loads(body))
        if operation.service in ("iam", "lambda"):
            self._authorizer.forget()

    def _signer(self, operation: Operation, request: Request, body: bytes) -> Principal:
        access_key = signing_key(request)
        if access_key is None:
            raise AwsError("AccessDenied", 403, "Access Denied")
        found = self._keyring.find(access_key)
        if found is None:
            raise AwsError("UnrecognizedClientException", 403, "The security token included in the request is invalid.")
        principal, credentials = found
        signed, now = signed_request(request, body), datetime.now(UTC)
        if not is_authentic(signed, credentials, service=operation.service, region=self._region, now=now):
            code = "InvalidSignatureException" if operation.json_protocol else "SignatureDoesNotMatch"
            raise AwsError(code, 403, _MISMATCH)
        return principal


def signing_key(request: Request) -> str | None:
    """Return the access key id in a request's Authorization header or presigned query, else None."""
    signed = request.headers.get("Authorization") or f"Credential={request.args.get('X-Amz-Credential', '')}"
    found = _ACCESS_KEY.search(signed)
    return found[1] if found else None
