"""`rft console` as a process: it prints the address, serves it, and ends at once."""

from __future__ import annotations

import signal
import time

import pytest
import requests

from tests.kit.fake_stack import FakeStack
from tests.kit.fakes.api import CREDENTIALS, REGION, fake_api
from tests.kit.records import RUN_ID
from tests.kit.rft_process import rft_process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_address_serves_the_stack_until_the_command_ends(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    with fake_api() as api:
        api.answer = FakeStack().answer
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(CREDENTIALS.access_key))
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(CREDENTIALS.secret_key))
        with rft_process("console", "--api-url", api.url, "--region", REGION) as process:
            assert process.stdout
            address = process.stdout.readline().strip()
            with requests.Session() as browser:
                assert RUN_ID in browser.get(address, timeout=30).text
                assert "token" not in browser.get(address, timeout=30).url
            process.send_signal(number)
            begun = time.monotonic()
            out, err = process.communicate(timeout=30)
    assert time.monotonic() - begun < 20
    assert (out, "Traceback" in err) == ("", False)
    assert process.returncode == (0 if number == signal.SIGINT else 128 + number)
