"""IAM at the doors of the emulated AWS: whose key signs a request, and whether they may make it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from botocore.credentials import Credentials
from werkzeug.wrappers import Request

from emulator.http.operations import Operation
from emulator.http.replies import AwsError
from emulator.iam.authorizer import Authorizer, Check
from emulator.iam.documents import Statement, statements
from emulator.iam.keyring import Keyring
from emulator.iam.managed import document
from emulator.iam.principals import Principal, user
from emulator.iam.wire.request import WireRequest
from emulator.iam.wire.services import checks

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")

ADMINISTRATOR = "emulated"
"""Name of the user that the emulator's own credentials are of."""


class Account(Protocol):
    """Users, objects and task tokens of the account."""

    def object_exists(self, bucket: str, key: str, version: str) -> bool: ...

    def state_machine_of(self, task_token: str) -> str: ...

    def key_of_user(self, access_key: str) -> tuple[str, Credentials] | None: ...

    def documents_of_user(self, arn: str) -> Iterator[tuple[str, Mapping[str, Any]]]: ...


class Guard:
    """Authorises every request to the AWS port and to the API. `credentials` are the administrator's."""

    def __init__(self, account: Account, credentials: Credentials, *, account_id: str, region: str) -> None:
        self._account = account
        self._account_id, self._region = account_id, region
        self._administrator = user(account_id, ADMINISTRATOR)
        self._credentials = credentials
        self.keyring = Keyring()
        self.keyring.add(credentials.access_key, self._administrator)
        self.authorizer = Authorizer(account=account_id, region=region, of_user=self._of_user)
        self.job_arns: Mapping[str, str] = {}

    def check(self, operation: Operation, request: Request, body: bytes) -> None:
        """Raises AwsError for a request that its signer may not make."""
        principal = self._principal(request)
        wire = WireRequest(
            operation=operation,
            query=request.args,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            region=self._region,
            account=self._account_id,
        )
        if operation.service == "iam":
            self.authorizer.forget()
        self.authorizer.require(operation.service, principal, checks(wire, self))

    def credentials_of(self, access_key: str) -> tuple[Principal, Credentials] | None:
        """Who has an access key, and the pair that it belongs to."""
        if access_key == self._credentials.access_key:
            return self._administrator, self._credentials
        found = self._account.key_of_user(access_key)
        if found is None:
            return None
        arn, credentials = found
        return user(self._account_id, arn.rpartition("/")[2]), credentials

    def may_invoke_api(self, principal: Principal, resource: str) -> bool:
        """True where the principal may call a route of the API (`execute-api:Invoke`)."""
        return self.authorizer.allows(principal, Check("execute-api:Invoke", resource))

    def object_exists(self, bucket: str, key: str, version: str) -> bool:
        """As the mappers ask."""
        return self._account.object_exists(bucket, key, version)

    def state_machine_of(self, task_token: str) -> str:
        """As the mappers ask."""
        return self._account.state_machine_of(task_token)

    def job_arn(self, identifier: str) -> str:
        """As the mappers ask."""
        return self.job_arns.get(identifier, "")

    def _principal(self, request: Request) -> Principal:
        signed = request.headers.get("Authorization", "") or f"Credential={request.args.get('X-Amz-Credential', '')}"
        found = _ACCESS_KEY.search(signed)
        if found is None:
            raise AwsError("AccessDenied", 403, "Access Denied")
        principal = self.keyring.principal(found[1])
        if principal is None and (known := self.credentials_of(found[1])):
            principal = known[0]
        if principal is None:
            raise AwsError("UnrecognizedClientException", 403, "The security token included in the request is invalid.")
        return principal

    def _of_user(self, principal: Principal) -> tuple[Statement, ...]:
        if principal == self._administrator:
            return statements(document("arn:aws:iam::aws:policy/AdministratorAccess"), ADMINISTRATOR)
        policies = self._account.documents_of_user(principal.arn)
        return tuple(statement for name, found in policies for statement in statements(found, name))
