from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()
