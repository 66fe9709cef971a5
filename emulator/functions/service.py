"""Lambda on the AWS port: Invoke, versions and aliases; moto serves all other operations."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from emulator.functions.code import code_sha256
from emulator.functions.concurrency import THROTTLED, TooManyInvocations
from emulator.functions.registry import MAX_ASYNC_PAYLOAD, MAX_PAYLOAD, Functions, UnknownFunction, split_name
from emulator.functions.spec import LATEST, FunctionSpec
from emulator.functions.versions import UnknownVersion
from emulator.http.operations import Operation
from emulator.http.replies import AwsError, json_reply

Handler = Callable[[str, Request, bytes], Response]
"""Called with a function's name or ARN, the request and its body."""


class LambdaService:
    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._handlers: dict[str, Handler] = {
            "Invoke": self._invoke,
            "GetFunctionConfiguration": self._configuration,
            "PublishVersion": self._publish,
            "ListVersionsByFunction": self._list_versions,
            "CreateAlias": self._create_alias,
            "UpdateAlias": self._update_alias,
            "GetAlias": self._get_alias,
            "ListAliases": self._list_aliases,
        }

    def subjects(self, operation: Operation) -> list[str]:
        """Return the name and logical id of the called function, however the request identifies it."""
        try:
            spec = self._functions.find(operation.labels[0])
        except (IndexError, UnknownFunction):
            return []
        return [spec.name, spec.logical_id]

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response | None:
        handler = self._handlers.get(operation.name)
        if handler is None or not operation.labels:
            return None
        name = operation.labels[0]
        if len(operation.labels) > 1:  # an alias: its name is appended as the qualifier
            name = f"{name}:{operation.labels[1]}"
        try:
            return handler(name, request, body)
        except UnknownFunction as error:
            raise AwsError("ResourceNotFoundException", 404, f"Function not found: {name}") from error
        except TooManyInvocations as error:
            details = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}
            raise AwsError(THROTTLED, 429, str(error), details) from error
        except UnknownVersion as error:
            raise AwsError("ResourceNotFoundException", 404, f"Version not found: {error}") from error

    def _invoke(self, name: str, request: Request, body: bytes) -> Response:
        kind, qualifier, payload = (
            request.headers.get("X-Amz-Invocation-Type", "RequestResponse"),
            request.args.get("Qualifier", ""),
            body or b"{}",
        )
        _check_payload(payload, MAX_ASYNC_PAYLOAD if kind == "Event" else MAX_PAYLOAD)
        spec = self._functions.find(name, qualifier)
        if kind == "DryRun":
            return Response(status=204)
        if kind == "Event":
            self._functions.invoke_async(name, payload, qualifier)
            return Response(status=202)
        result = self._functions.invoke(name, payload, qualifier)
        headers = {"X-Amz-Executed-Version": spec.version}
        if result.error:
            headers["X-Amz-Function-Error"] = result.error
        return Response(result.payload, 200, headers, content_type="application/json")

    def _configuration(self, name: str, request: Request, _body: bytes) -> Response:
        qualifier = request.args.get("Qualifier", "") or split_name(name)[1]
        spec = self._functions.find(name, qualifier)
        arn = f"{spec.arn}:{qualifier}" if qualifier else spec.arn
        return json_reply({**configuration(spec), "FunctionArn": arn})

    def _publish(self, name: str, _request: Request, body: bytes) -> Response:
        given = json.loads(body or b"{}")
        stated, latest = given.get("CodeSha256"), self._functions.find(split_name(name)[0])
        if stated and stated != code_sha256(latest.folder.name):
            raise AwsError("PreconditionFailedException", 412, "CodeSha256 does not match the function's code.")
        return json_reply(configuration(self._functions.publish(name, given.get("Description", ""))), 201)

    def _list_versions(self, name: str, _request: Request, _body: bytes) -> Response:
        found = self._functions.versions(name)
        latest = {**configuration(found.latest), "FunctionArn": f"{found.latest.arn}:{LATEST}"}
        return json_reply({"Versions": [latest, *map(configuration, found.published)]})

    def _create_alias(self, name: str, _request: Request, body: bytes) -> Response:
        given, found = json.loads(body), self._functions.versions(name)
        if given["Name"] in found.aliases:
            raise AwsError(
                "ResourceConflictException", 409, f"Alias already exists: {found.latest.arn}:{given['Name']}"
            )
        found.set_alias(given["Name"], given["FunctionVersion"])
        return json_reply(_alias(found.latest, given["Name"], given["FunctionVersion"]), 201)

    def _update_alias(self, name: str, _request: Request, body: bytes) -> Response:
        found, alias = self._functions.versions(name), self._known_alias(name)
        found.set_alias(alias, json.loads(body).get("FunctionVersion", found.aliases[alias]))
        return json_reply(_alias(found.latest, alias, found.aliases[alias]))

    def _get_alias(self, name: str, _request: Request, _body: bytes) -> Response:
        found, alias = self._functions.versions(name), self._known_alias(name)
        return json_reply(_alias(found.latest, alias, found.aliases[alias]))

    def _list_aliases(self, name: str, _request: Request, _body: bytes) -> Response:
        found = self._functions.versions(name)
        return json_reply({"Aliases": [_alias(found.latest, *each) for each in found.aliases.items()]})

    def _known_alias(self, name: str) -> str:
        alias = split_name(name)[1]
        if alias not in self._functions.versions(name).aliases:
            raise AwsError("ResourceNotFoundException", 404, f"Cannot find alias arn: {name}")
        return alias


def _check_payload(payload: bytes, limit: int) -> None:
    if len(payload) > limit:
        text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        raise AwsError("RequestTooLargeException", 413, text)
    try:
        json.loads(payload)
    except ValueError as error:
        text = f"Could not parse request body into json: {error}"
        raise AwsError("InvalidRequestContentException", 400, text) from error


def configuration(spec: FunctionSpec) -> dict[str, Any]:
    """Return a version as in GetFunctionConfiguration; the ARN is qualified, except for $LATEST."""
    return {
        **spec.configuration,
        "FunctionArn": spec.qualified_arn,
        "Version": spec.version,
        "Description": spec.description,
        "CodeSha256": code_sha256(spec.folder.name),
        "Timeout": math.ceil(spec.timeout),  # whole seconds, as in Lambda
        "MemorySize": spec.memory,
        "Environment": {"Variables": dict(spec.environment)},
    }


def _alias(spec: FunctionSpec, name: str, version: str) -> dict[str, Any]:
    return {"AliasArn": f"{spec.arn}:{name}", "Name": name, "FunctionVersion": version, "Description": ""}
