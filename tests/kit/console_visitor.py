"""A browser's requests to the console, without a browser."""

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
    """A browser that has opened the address with the token."""

    http: FlaskClient
    access: Access
    stack: FakeStack

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.http.get(path, base_url=HERE, headers=headers)

    def post(self, path: str, **form: str) -> TestResponse:
        """As a form of the console sends it."""
        return self.http.post(path, base_url=HERE, data={"csrf": self.access.csrf, **form}, headers={"Origin": HERE})
