"""A local OpenID Connect issuer: publishes its keys over TLS and signs tokens."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

ALL_SCOPES = "rft/read rft/start rft/approve"
"""All scopes, with the template's default JwtScopePrefix."""


@dataclass(frozen=True)
class Issuer:
    """`url` is its `iss`; `certificate` is the PEM file to trust for TLS."""

    url: str
    certificate: Path
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))

    def token(self, *, key: RSAKey | None = None, **claims: Any) -> str:
        """Return a token for the audience `rft` with all scopes, valid for a minute; `claims` override the defaults."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": "ada", "aud": "rft", "iat": now - 1, "exp": now + 60, "scope": ALL_SCOPES}
        signed = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "first"}, signed, key or self.key)


@contextmanager
def issuer(folder: Path) -> Iterator[Issuer]:
    """Serve an issuer until exit; its certificate is written to the folder."""
    certificate = folder / "issuer.pem"
    certificate.write_bytes(_certificate())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Issuer(f"https://127.0.0.1:{server.server_address[1]}", certificate)
    public = {"keys": [made.key.as_dict(private=False)]}
    _Handler.documents = {
        "/.well-known/openid-configuration": {"issuer": made.url, "jwks_uri": f"{made.url}/keys"},
        "/keys": public,
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    documents: dict[str, Any] = {}  # noqa: RUF012  one server at a time

    def do_GET(self) -> None:
        found = self.documents.get(self.path)
        body = json.dumps(found or {}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Suppress request logging."""


def _certificate() -> bytes:
    """Return a key and self-signed certificate for 127.0.0.1 as PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
