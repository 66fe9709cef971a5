"""Requests to the API as any HTTP client would send them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from requests.auth import AuthBase

from tests.kit.stack_harness import THROTTLED, StackHarness
from tests.kit.waiting import eventually


class Signature(AuthBase):
    """Signs requests' requests with an emulator's throw-away credentials."""

    def __init__(self, bench: StackHarness) -> None:
        self._credentials = bench.aws.credentials.get_frozen_credentials()
        self._region = bench.aws.region

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.method is not None
        assert request.url is not None
        signed = AWSRequest(method=request.method, url=request.url, data=request.body)
        SigV4Auth(self._credentials, "execute-api", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


def send(
    bench: StackHarness, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str
) -> requests.Response:
    """One signed request and its answer, whatever it is but throttling."""
    what = f"{method} {path} to be admitted"
    return eventually(lambda: _admitted(_send(bench, method, path, body, headers)), what)[0]


def _admitted(answer: requests.Response) -> tuple[requests.Response] | None:
    """In a tuple: a response of an error is false."""
    return None if answer.status_code == THROTTLED else (answer,)


def _send(
    bench: StackHarness, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> requests.Response:
    url = bench.aws.api_url + path
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method,
            url,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers} if body is not None else headers,
            auth=Signature(bench),
            timeout=60,
            allow_redirects=False,
        )
