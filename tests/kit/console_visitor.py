"""Sends requests to the console as a browser would."""

from __future__ import annotations

from dataclasses import dataclass

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from rft_console.access import Access
from tests.kit.fake_stack import FakeStack

PORT = 8123
HERE = f"http://127.0.0.1:{PORT}"


@dataclass
class Visitor:
    """A client with the session of a browser that has opened the URL with the token."""

    http: FlaskClient
    access: Access
    stack: FakeStack

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.http.get(path, base_url=HERE, headers=headers)

    def post(self, path: str, **form: str) -> TestResponse:
        """Submit a form of the console."""
        return self.http.post(path, base_url=HERE, data={"csrf": self.access.csrf, **form}, headers={"Origin": HERE})
