"""Why an API refuses a caller: wrong key, expired session or token, missing permission, each in its own words."""

from __future__ import annotations

import base64
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.credentials import Credentials
from botocore.stub import Stubber

from rft_client.auth import Authorization, BearerToken, SigV4
from rft_client.deployment import Deployment
from rft_client.errors import ApiError, RftClientError
from rft_client.identity import signing_problem
from rft_client.token_command import TokenCommand
from rft_client.transport import Request, Transport

NOW = time.time()
ARN = "arn:aws:sts::123456789012:assumed-role/dev/ada"


def token(**claims: Any) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256'})}.{part({'iss': 'https://issuer.example', 'aud': 'rft', **claims})}.c2ln"


@dataclass
class Gateway:
    """Answers as API Gateway's authorizers do."""

    status_code: int
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b'{"message":"Forbidden"}'

    def send(self, _: object) -> Gateway:
        return self

    def refusal(self, authorization: Authorization) -> str:
        transport = Transport("https://api.example", authorization)
        transport._http.append(self)  # type: ignore[arg-type]
        with pytest.raises(ApiError) as refused:
            transport.call(Request("GET", "/runs"))
        return str(refused.value)


def signed(identify: Any) -> SigV4:
    return SigV4("us-east-1", Credentials("AKIATEST", "secret"), identify)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("InvalidClientTokenId", "AWS does not know this access key"),
        ("SignatureDoesNotMatch", "the secret access key is not the one"),
        ("ExpiredToken", "has expired: sign in again"),
    ],
)
def test_a_refused_signature_says_what_is_wrong_with_the_key(code: str, words: str) -> None:
    sts = Session("a", "b", region_name="us-east-1").client("sts")
    with Stubber(sts) as stub:
        stub.add_client_error("get_caller_identity", service_error_code=code)
        assert words in Gateway(403).refusal(signed(lambda: signing_problem(sts)))


def test_good_credentials_without_the_right_name_their_principal() -> None:
    sts = Session("a", "b", region_name="us-east-1").client("sts")
    with Stubber(sts) as stub:
        stub.add_response("get_caller_identity", {"Arn": ARN, "Account": "123456789012", "UserId": "A"})
        assert f"{ARN} lacks execute-api:Invoke" in Gateway(403).refusal(signed(lambda: signing_problem(sts)))


def test_an_ambiguous_refusal_names_every_possible_reason() -> None:
    assert "wrong or expired, or lack execute-api:Invoke" in Gateway(403).refusal(signed(None))
    assert "takes tokens" in Gateway(401, {"www-authenticate": "Bearer"}).refusal(signed(None))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (token(exp=NOW - 3700), "the token expired 1 h"),
        (token(exp=NOW + 600), "has not expired; its signature, issuer or audience"),
        ("opaque", "not a JSON Web Token"),
        ("a.b.c", "not a JSON Web Token"),
    ],
)
def test_a_refused_token_says_why(sent: str, words: str) -> None:
    shown = Gateway(401, {"www-authenticate": 'Bearer error="invalid_token"'}).refusal(BearerToken(sent))
    assert words in shown
    assert sent not in shown


def test_a_token_without_the_scope_names_the_scope() -> None:
    challenge = {"www-authenticate": 'Bearer scope="rft/start" error="insufficient_scope"'}
    assert "the token lacks the scope rft/start" in Gateway(403, challenge).refusal(BearerToken(token(exp=NOW + 600)))


def test_the_control_planes_own_refusals_are_shown_unchanged() -> None:
    own = Gateway(403, content=b'{"title": "Forbidden", "detail": "Own runs are not approved"}')
    assert own.refusal(signed(lambda: "unused")) == "HTTP 403 Own runs are not approved"


# ---- a command that prints a token --------------------------------------------------------------------------------


def counting(folder: Path, *, expires: float) -> str:
    """A command that prints a token and counts its calls in a file."""
    script = folder / "token.py"
    script.write_text(
        f"from pathlib import Path\ncalls = Path({str(folder / 'calls')!r})\n"
        f"calls.write_text(calls.read_text() + 'x' if calls.exists() else 'x')\nprint({token(exp=expires)!r})\n"
    )
    return f"{sys.executable} {script}"


def test_a_commands_token_is_cached_until_shortly_before_it_expires(tmp_path: Path) -> None:
    now = [NOW]
    given = TokenCommand(counting(tmp_path, expires=NOW + 600), lambda: now[0])
    assert given() == given() == token(exp=NOW + 600)
    assert (tmp_path / "calls").read_text() == "x"
    now[0] += 541
    given()
    assert (tmp_path / "calls").read_text() == "xx"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/no/such/command", "cannot be run"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "exit code 3"),
        (f"{sys.executable} -c 'print(1, 2)'", "nothing else"),
        ("'", "cannot be run"),
    ],
)
def test_a_command_without_a_token_is_a_clear_error(command: str, words: str) -> None:
    with pytest.raises(RftClientError, match=words):
        TokenCommand(command)()


def test_a_token_precedes_a_command_and_both_precede_a_signature(tmp_path: Path) -> None:
    environ = {"RFT_API_URL": "https://api.example", "RFT_TOKEN_COMMAND": counting(tmp_path, expires=NOW + 600)}
    by_command = Deployment(environ=environ).client.transport.authorization
    assert isinstance(by_command, BearerToken)
    assert by_command._current() == token(exp=NOW + 600)
    assert Deployment(environ={**environ, "RFT_TOKEN": "t"}).client.transport.authorization == BearerToken("t")
