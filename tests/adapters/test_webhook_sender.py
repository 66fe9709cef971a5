"""Signed webhooks, received by the receiver of docs/events.md."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from rft.adapters.webhook_sender import HttpsWebhookSender
from rft.contracts.outbound.domain_events import DomainEvent
from rft.errors import RetryableServiceError, WebhookRefused
from rft.runs.webhook_address import webhook_address
from rft.runs.webhook_body import webhook_body
from tests.kit.project import ROOT, read_event

OLD, NEW = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk", "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"
PUBLIC = "93.184.215.14"
EVENT = DomainEvent.model_validate(read_event("send_webhook")["event"])
ADDRESS = webhook_address("https://hooks.example.org/a")


class Secrets:
    """Secrets Manager with a secret's versions by stage."""

    def __init__(self, **stages: str) -> None:
        self.stages = stages

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, str]:  # noqa: N803
        if VersionStage not in self.stages:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "GetSecretValue")
        return {"SecretString": self.stages[VersionStage]}


def receiver_class(secret: str) -> Any:
    """The receiver of docs/events.md, as it stands there."""
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "events.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102  our own docs
    quiet = {"log_message": lambda *_: None, "secret": secret, "handled": set(), "events": []}
    return type("Receiver", (names["Receiver"],), quiet)


def answering(status: int) -> Any:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", "https://169.254.169.254/latest")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Answer


@pytest.fixture
def serve() -> Iterator[Any]:
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(handler: Any) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return int(server.server_address[1])

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def sender(port: int, secrets: Secrets | None = None, addresses: tuple[str, ...] = (PUBLIC,)) -> HttpsWebhookSender:
    """Connections end at `port` of this machine, whatever the address."""
    return HttpsWebhookSender(
        secrets or Secrets(AWSCURRENT=NEW),
        secret_arn="arn:secret",
        resolve=lambda _: list(addresses),
        open_pool=lambda _host, _address: urllib3.HTTPConnectionPool("127.0.0.1", port),
    )


def send(by: HttpsWebhookSender) -> int:
    body = webhook_body(EVENT, "standard")
    assert body is not None
    return by.send(ADDRESS, message_id=EVENT.id, body=body, at=datetime.now(UTC))


def test_the_documented_receiver_verifies_and_drops_repeats(serve: Any) -> None:
    receiver = receiver_class(NEW)
    by = sender(serve(receiver))
    assert [send(by), send(by)] == [1, 1]
    assert [DomainEvent.model_validate(event) for event in receiver.events] == [EVENT]


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_old_and_new_secret_verify_during_a_rotation(serve: Any, secret: str) -> None:
    receiver = receiver_class(secret)
    assert send(sender(serve(receiver), Secrets(AWSCURRENT=NEW, AWSPREVIOUS=OLD))) == 2
    assert len(receiver.events) == 1


def test_a_wrong_secret_is_refused_by_the_receiver_and_retried(serve: Any) -> None:
    receiver = receiver_class(OLD)
    with pytest.raises(RetryableServiceError, match="401"):
        send(sender(serve(receiver)))
    assert receiver.events == []


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, RetryableServiceError), (429, RetryableServiceError), (404, RetryableServiceError)]
    + [(status, WebhookRefused) for status in (301, 302, 307, 308, 410)],
)
def test_a_response_without_success_is_an_error(serve: Any, status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=str(status)):
        send(sender(serve(answering(status))))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1"])
def test_nothing_is_sent_to_a_private_address(serve: Any, address: str) -> None:
    receiver = receiver_class(NEW)
    with pytest.raises(WebhookRefused, match="not public"):
        send(sender(serve(receiver), addresses=(PUBLIC, address)))
    assert receiver.events == []


def test_an_unreachable_endpoint_is_retried() -> None:
    with pytest.raises(RetryableServiceError, match="could not be reached"):
        send(sender(1))
