"""HTTP layer of the API: bounded JSON bodies, errors as problem details, and the OpenAPI document.

Independent of runs: `functions/api/app.py` defines the routes.
"""

from __future__ import annotations

import base64
import inspect
import json
import re
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import from_json

from rft.contracts.http.openapi import complete_document
from rft.contracts.http.principal import UNKNOWN, Principal
from rft.contracts.http.problem import (
    MEDIA_TYPE,
    PROBLEMS,
    RETRY_AFTER_SECONDS,
    STATUS_OF_ERROR,
    Problem,
    problem,
    problem_of_error,
    problem_of_fields,
    unknown_parameter,
)
from rft.errors import RftError
from rft.observability import logger

MAX_BODY_BYTES = 65_536
"""A request is a few KB; it becomes Step Functions input, which is limited to 256 KB."""

SIGV4 = APIKey(name="Authorization", in_=APIKeyIn.header, description="AWS Signature Version 4, service execute-api.")
SIGNED = {"x-amazon-apigateway-authtype": "awsSigv4"}
"""API Gateway Developer Guide, "OpenAPI extensions": AWS's client generators enable signing by it."""
LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
CATCH_ALL = "ANY /{proxy+}"
"""Fallback route for unknown paths. It needs no authorization, so no request is dispatched from it."""
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_read_json = partial(from_json, allow_inf_nan=False)


class Api(APIGatewayHttpResolver):
    """API Gateway's resolver (payload 2.0) with validation, and with this project's error responses."""

    def __init__(self) -> None:
        # Unlike json.loads, pydantic's parser limits nesting and numbers and rejects NaN, all as ValueError.
        super().__init__(enable_validation=True, json_body_deserializer=_read_json)
        self.exception_handler(RequestValidationError)(self._refuse_fields)
        self.exception_handler(list[type[Exception]](STATUS_OF_ERROR))(self._refuse_error)
        self.exception_handler(Exception)(self._report)
        self.not_found(self._refuse_address)
        self.use(middlewares=[self._refuse_unknown_parameters])

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        if event.get("routeKey") == CATCH_ALL:
            return _plain(*self._address_problem(event["rawPath"], event["requestContext"]["http"]["method"]), context)
        # Bodies that are not JSON are rejected first, because powertools would accept forms as well.
        why = body_problem(event)
        if why is None:
            return super().resolve(event if event.get("body") else _without_media_type(event), context)
        return _plain(why, {}, context)

    def document(self, *, title: str, version: str, description: str) -> dict[str, Any]:
        """The OpenAPI document of all routes, without powertools' error models, which are never sent."""
        document: dict[str, Any] = json.loads(
            self.get_openapi_json_schema(
                title=title,
                version=version,
                description=description,
                security_schemes={"sigv4": SIGV4},
                security=[{"sigv4": []}],
            )
        )
        for unused in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
            document["components"]["schemas"].pop(unused, None)
        document["info"]["license"] = LICENCE
        document["components"]["securitySchemes"]["sigv4"] |= SIGNED
        return complete_document(document)

    def _refuse_unknown_parameters(self, app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[str]:
        dependant = app.context["_route"].dependant
        known = [parameter.alias for parameter in dependant.query_params]
        given = app.current_event.raw_event.get("queryStringParameters") or {}
        unknown = [unknown_parameter(name, known) for name in given if name not in known]
        # A misspelt filter would otherwise be ignored and match everything.
        if unknown:
            return self._refuse(problem(422, f"Unknown query parameters: {len(unknown)}; see errors.", unknown))
        return next_middleware(app)

    def _refuse_fields(self, error: RequestValidationError) -> Response[str]:
        if any(found["loc"][0] == "response" for found in error.errors()):
            return self._report(error)  # a response that violates its contract is an internal error
        return self._refuse(problem_of_fields(error.errors()))

    def _refuse_error(self, error: RftError) -> Response[str]:
        return self._refuse(problem_of_error(error))

    def _refuse_address(self, _: NotFoundError) -> Response[str]:
        why, headers = self._address_problem(self.current_event.path, self.current_event.http_method)
        return self._refuse(why, **headers)

    def _address_problem(self, path: str, method: str) -> tuple[Problem, dict[str, str]]:
        """404, or 405 with Allow if the path supports other methods."""
        allowed = next((methods for address, methods in self._addresses if address.fullmatch(path)), [method])
        if method in allowed:
            return problem(404, "Path not found."), {}
        return problem(405, f"Allowed methods: {', '.join(allowed)}."), {"Allow": ", ".join(allowed)}

    def _report(self, error: Exception) -> Response[str]:
        logger().error("request failed", exc_info=error)
        return self._refuse(problem(500, "The cause is logged under the id in `instance`."))

    def _refuse(self, why: Problem, **headers: str) -> Response[str]:
        if why.status == 503:
            headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return Response(why.status, MEDIA_TYPE, _text(why, self.lambda_context), headers=headers)

    @cached_property
    def _addresses(self) -> list[tuple[re.Pattern[str], list[str]]]:
        """Every documented path with its methods; built on first use because generating the document is slow."""
        return [
            (re.compile(re.sub(r"{\w+}", "[^/]+", address)), [m.upper() for m in METHODS if getattr(item, m)])
            for address, item in (self.get_openapi_schema().paths or {}).items()
        ]


def _plain(why: Problem, headers: dict[str, str], context: LambdaContext) -> dict[str, Any]:
    """An error response before a route is selected."""
    whole = {"Content-Type": MEDIA_TYPE, **headers}
    return {"statusCode": why.status, "headers": whole, "body": _text(why, context), "isBase64Encoded": False}


def body_problem(event: Mapping[str, Any]) -> Problem | None:
    """Why a POST body cannot be read as a JSON object; None if it can.

    A missing content type counts as JSON. Whether a body is required is decided by the route.
    """
    if event["requestContext"]["http"]["method"] != "POST" or not event.get("body"):
        return None
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    media_type = headers.get("content-type", "application/json").partition(";")[0].strip()
    if media_type != "application/json":
        return problem(415, "Send JSON with Content-Type: application/json.")
    try:
        return _content_problem(_body(event))
    except ValueError:
        return problem(400, "The body is not JSON in UTF-8.")


def _without_media_type(event: Mapping[str, Any]) -> Mapping[str, Any]:
    # Powertools fails on unknown types, even if the body is empty.
    headers = {name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "content-type"}
    return {**event, "headers": headers}


def caller_of(event: Mapping[str, Any]) -> Principal:
    """The verified sender of a request: an IAM principal's ARN, or a token's subject and issuer."""
    proof = event["requestContext"].get("authorizer", {})
    if "iam" in proof:
        return Principal(type="iam", id=proof["iam"]["userArn"])
    claims = proof.get("jwt", {}).get("claims", {})
    if {"sub", "iss"} <= claims.keys():
        return Principal(type="jwt", id=claims["sub"], issuer=claims["iss"])
    return UNKNOWN


def _body(event: Mapping[str, Any]) -> bytes:
    text = event["body"]
    return base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()


def _content_problem(body: bytes) -> Problem | None:
    if len(body) > MAX_BODY_BYTES:
        return problem(413, f"The body has {len(body)} bytes (max {MAX_BODY_BYTES}).")
    if not isinstance(_read_json(body), dict):
        return problem(400, "The body must be one JSON object.")
    return None


def _text(why: Problem, context: LambdaContext) -> str:
    logger().info("request refused", extra={"status": why.status, "problem": why.type})
    named = why.model_copy(update={"instance": f"urn:uuid:{context.aws_request_id}"})
    return named.model_dump_json(exclude_defaults=True)


def responses(*problems: int, **models: type) -> dict[int, Any]:
    """OpenAPI's `responses`: the problem statuses, and the model of each success status given as `_<status>=`.

    429, and 403 for callers without permission, are sent by API Gateway and never reach the function.
    """
    good = {int(name[1:]): _answer(inspect.getdoc(model), "application/json", model) for name, model in models.items()}
    bad = {status: _answer(PROBLEMS[status][1], MEDIA_TYPE, Problem) for status in sorted({*problems, 500, 503})}
    return good | bad


def _answer(description: str | None, media_type: str, model: type) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"model": model}}}
