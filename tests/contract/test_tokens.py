"""The API with a JWT authorizer: tokens of a real issuer, checked by the keys that it publishes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from joserfc.jwk import RSAKey

from emulator import Emulator, EmulatorOptions
from tests.kit.issuer import Issuer, issuer
from tests.kit.stack_harness import NOT_MEASURED, SAMPLE

pytestmark = pytest.mark.emulator


@dataclass(frozen=True)
class TokenBench:
    """A stack whose API takes tokens, and who issues them."""

    aws: Emulator
    issuer: Issuer

    def send(self, method: str, path: str, token: str | None, body: Any = None) -> requests.Response:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        with requests.Session() as session:
            session.trust_env = False
            data = None if body is None else json.dumps(body)
            return session.request(method, self.aws.api_url + path, headers=headers, data=data, timeout=60)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenBench]:
    with issuer(tmp_path_factory.mktemp("issuer")) as made:
        parameters = {"JwtIssuer": made.url, "JwtAudience": "rft,other"}
        options = EmulatorOptions(speed=600, parameters=parameters, issuer_certificate=made.certificate)
        with Emulator.start(options) as aws:
            yield TokenBench(aws, made)


def test_a_run_is_started_by_the_subject_of_its_token(bench: TokenBench) -> None:
    bench.aws.client("s3").put_object(Bucket=bench.aws.bucket, Key="datasets/a.json", Body=SAMPLE.read_bytes())
    dataset = {"task": "pandalm", "uri": f"s3://{bench.aws.bucket}/datasets/a.json"}
    token = bench.issuer.token()
    request = {"name": "by-token", "dataset": dataset, "mode": "preflight", **NOT_MEASURED}
    started = bench.send("POST", "/runs", token, request)
    assert started.status_code == 202, started.text
    cancelled = bench.send("POST", f"/runs/{started.json()['run_id']}/cancel", token, {})
    assert cancelled.status_code in (200, 409)
    assert bench.send("GET", "/runs", bench.issuer.token(aud=["x", "other"])).status_code == 200


NOW, DAY = int(time.time()), 86_400
INVALID: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 1},
    "without an end": {"exp": None},
    "not yet": {"nbf": NOW + DAY},
    "issued in the future": {"iat": NOW + DAY},
    "for another audience": {"aud": "them"},
    "without an audience": {"aud": None},
    "of another issuer": {"iss": "https://issuer.example"},
    "signed by another key": {"key": RSAKey.generate_key(2048, {"kid": "first"})},
}


@pytest.mark.parametrize("claims", INVALID.values(), ids=INVALID)
def test_an_invalid_token_is_unauthorized(bench: TokenBench, claims: dict[str, Any]) -> None:
    answer = bench.send("GET", "/runs", bench.issuer.token(**claims))
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert "invalid_token" in answer.headers["www-authenticate"]


def test_a_request_without_a_token_is_unauthorized(bench: TokenBench) -> None:
    assert bench.send("GET", "/runs", None).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_unauthorized(bench: TokenBench, token: str) -> None:
    assert bench.send("GET", "/runs", token).status_code == 401
