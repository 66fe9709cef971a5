"""Lookups of moto's resources: objects, task tokens, users, keys of tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from botocore.credentials import Credentials
from moto.dynamodb.models import dynamodb_backends
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from emulator.iam import managed


class MotoAccount:
    def __init__(self, *, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def object_exists(self, bucket: str, key: str, version: str) -> bool:
        """Return whether an object version ('': the newest) exists. Returns True if the bucket does not exist."""
        found = s3_backends[self._account]["aws"].buckets.get(bucket)
        if found is None:
            return True
        versions = found.keys.getlist(key) or []
        known = [each for each in versions if not version or str(each.version_id) == version]
        return bool(known) and not _is_delete_marker(known[-1])

    def state_machine_of(self, task_token: str) -> str:
        backend = stepfunctions_parser_backends[self._account][self._region]
        for execution in list(backend._get_executions()):
            environment = getattr(execution.exec_worker, "env", None)
            if environment and task_token in environment.callback_pool_manager._pool:
                return str(execution.state_machine.arn)
        return next((str(machine.arn) for machine in backend.state_machines), "")

    def attribute_types(self, table: str) -> Mapping[str, str]:
        found = self._table(table)
        return {} if found is None else {each["AttributeName"]: each["AttributeType"] for each in found.attr}

    def key_of(self, table: str, index: str | None) -> frozenset[str]:
        found = self._table(table)
        indexes = [] if found is None else [*found.global_indexes, *found.indexes]
        schema = [] if found is None else found.schema
        if index is not None:
            schema = next((each.schema for each in indexes if each.name == index), [])
        return frozenset(part["AttributeName"] for part in schema)

    def _table(self, table: str) -> Any:
        return dynamodb_backends[self._account][self._region].tables.get(table.rsplit("/", 1)[-1])

    def role_arns(self) -> frozenset[str]:
        return frozenset(role.arn for role in list(self._iam().roles.values()))

    def key_of_user(self, access_key: str) -> tuple[str, Credentials] | None:
        """Return the ARN and credentials of the user with this active access key; returns None if there is none."""
        for user in list(self._iam().users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key and key.status == "Active":
                    return user.arn, Credentials(key.access_key_id, key.secret_access_key)
        return None

    def documents_of_user(self, arn: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield (name, policy document) for a user's policies, including those of its groups."""
        iam = self._iam()
        user = next((each for each in list(iam.users.values()) if each.arn == arn), None)
        if user is None:
            return
        groups = [group for group in list(iam.groups.values()) if user in group.users]
        for owner in (user, *groups):
            for name, text in owner.policies.items():
                yield name, json.loads(unquote(text))
            for policy in owner.managed_policies.values():
                yield policy.name, _document(policy)

    def _iam(self) -> Any:
        return iam_backends[self._account]["aws"]


def _is_delete_marker(version: Any) -> bool:
    return not hasattr(version, "size")


def _document(policy: Any) -> Mapping[str, Any]:
    if policy.arn.startswith("arn:aws:iam::aws:"):
        return managed.document(policy.arn)
    found: Mapping[str, Any] = json.loads(policy.document)
    return found
