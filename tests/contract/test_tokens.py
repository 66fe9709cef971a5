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
from tests.kit.records import RUN_ID
from tests.kit.stack_harness import NOT_MEASURED, SAMPLE, access_log

pytestmark = pytest.mark.emulator


@dataclass(frozen=True)
class TokenBench:
    """A stack whose API takes tokens, and who issues them."""

    aws: Emulator
    issuer: Issuer

    def send(self, method: str, path: str, token: str | None, body: Any = None, **headers: str) -> requests.Response:
        headers = {"Content-Type": "application/json", **headers}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        with requests.Session() as session:
            session.trust_env = False
            data = None if body is None else json.dumps(body)
            return session.request(method, self.aws.api_url + path, headers=headers, data=data, timeout=60)

    def access_log(self) -> list[dict[str, Any]]:
        return access_log(self.aws)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenBench]:
    with issuer(tmp_path_factory.mktemp("issuer")) as made:
        parameters = {"JwtIssuer": made.url, "JwtAudience": "rft,other"}
        options = EmulatorOptions(speed=600, parameters=parameters, issuer_certificate=made.certificate)
        with Emulator.start(options) as aws:
            yield TokenBench(aws, made)


@pytest.fixture(scope="module")
def started(bench: TokenBench) -> dict[str, str]:
    """Ids of runs that two subjects started with one idempotency key, by subject."""
    bench.aws.client("s3").put_object(Bucket=bench.aws.bucket, Key="datasets/a.json", Body=SAMPLE.read_bytes())
    dataset = {"task": "pandalm", "uri": f"s3://{bench.aws.bucket}/datasets/a.json"}
    request = {"name": "by-token", "dataset": dataset, "mode": "preflight", **NOT_MEASURED}
    answers = {
        subject: bench.send("POST", "/runs", bench.issuer.token(sub=subject), request, **{"Idempotency-Key": "same"})
        for subject in ("ada", "eve", "ada")
    }
    assert {answer.status_code for answer in answers.values()} <= {200, 202}, [a.text for a in answers.values()]
    return {subject: answer.json()["run_id"] for subject, answer in answers.items()}


def test_a_run_is_started_by_the_subject_of_its_token(bench: TokenBench, started: dict[str, str]) -> None:
    for subject, run_id in started.items():
        run = bench.send("GET", f"/runs/{run_id}", bench.issuer.token()).json()
        assert run["requested_by"] == {"type": "jwt", "id": subject, "issuer": bench.issuer.url}
    listed = bench.send("GET", "/runs?requested_by=eve", bench.issuer.token(aud=["x", "other"])).json()
    assert [run["run_id"] for run in listed["runs"]] == [started["eve"]]


def test_two_subjects_with_one_idempotency_key_start_two_runs(bench: TokenBench, started: dict[str, str]) -> None:
    assert len(set(started.values())) == 2
    assert len(bench.send("GET", "/runs", bench.issuer.token()).json()["runs"]) == 2


ROUTES = [
    ("GET", "/runs", "read"),
    ("GET", "/openapi.json", "read"),
    ("POST", "/runs", "start"),
    ("POST", f"/runs/{RUN_ID}/cancel", "start"),
    ("POST", f"/runs/{RUN_ID}/approve", "approve"),
    ("POST", "/deployments/judge/rollback", "approve"),
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_token_without_the_routes_scope_is_forbidden(bench: TokenBench, method: str, path: str, scope: str) -> None:
    others = " ".join({f"rft/{name}" for name in ("read", "start", "approve")} - {f"rft/{scope}"})
    for claims in ({"scope": others}, {"scope": None}, {"scope": None, "scp": [scope]}):
        answer = bench.send(method, path, bench.issuer.token(**claims), {})
        assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
        assert answer.headers["www-authenticate"] == f'Bearer scope="rft/{scope}" error="insufficient_scope"'
    for claims in ({"scope": f"other rft/{scope}"}, {"scope": None, "scp": [f"rft/{scope}"]}):
        assert bench.send(method, path, bench.issuer.token(**claims), {}).status_code not in (401, 403)


def test_the_access_log_names_the_subject_of_each_admitted_request(bench: TokenBench) -> None:
    bench.send("GET", "/runs?limit=1", bench.issuer.token(sub="grace"))
    bench.send("GET", "/runs", bench.issuer.token(sub="heidi", scope="rft/start"))
    bench.send("GET", "/runs", bench.issuer.token(sub="mallory", exp=1))
    read, refused, unknown = bench.access_log()[-3:]
    issuer = bench.issuer.url
    assert (read["jwt_subject"], read["jwt_issuer"], read["status"]) == ("grace", issuer, "200")
    assert (read["route"], read["caller"], read["error"]) == ("GET /runs", "-", "-")
    assert (refused["jwt_subject"], refused["status"], refused["error"]) == ("-", "403", "Forbidden")
    assert (unknown["jwt_subject"], unknown["status"], unknown["error"]) == ("-", "401", "Unauthorized")


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
def test_a_malformed_token_is_unauthorized(bench: TokenBench, token: str) -> None:
    assert bench.send("GET", "/runs", token).status_code == 401
