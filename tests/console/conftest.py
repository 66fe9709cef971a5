"""The console over an API in memory, without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rft_client.api_client import ApiClient
from rft_console.access import Access
from rft_console.app import create_app
from rft_console.context import Console
from rft_console.live import LiveCalls
from tests.kit.console_visitor import PORT, Visitor
from tests.kit.fake_stack import FakeStack
from tests.kit.fakes.api import CREDENTIALS, REGION, fake_api


@pytest.fixture
def stranger() -> Iterator[Visitor]:
    """A browser that has no token."""
    stack = FakeStack()
    with fake_api() as api:
        api.answer = stack.answer
        client = ApiClient.signed(api.url, REGION, CREDENTIALS)
        console = Console(client, Access(PORT), LiveCalls(seconds=5))
        yield Visitor(create_app(console).test_client(), console.access, stack)
        console.close()


@pytest.fixture
def visitor(stranger: Visitor) -> Visitor:
    stranger.get(f"/?token={stranger.access.token}")
    return stranger
