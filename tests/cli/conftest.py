"""The `rft` command in this process, with an environment of its own and an API on loopback."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_cli.app import main
from tests.kit.fakes.api import CREDENTIALS, REGION, FakeApi, fake_api
from tests.kit.rft_command import CommandResult, Rft


@pytest.fixture
def rft(capsys: pytest.CaptureFixture[str]) -> Iterator[Rft]:
    """Runs `rft` with the given arguments."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def run(*arguments: str | Path) -> CommandResult:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return CommandResult(int(ended.value.code or 0), captured.out, captured.err)

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, region or API of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "RFT_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(CREDENTIALS.access_key))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(CREDENTIALS.secret_key))
    monkeypatch.setenv("AWS_REGION", REGION)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, credentials: None) -> Iterator[FakeApi]:
    """An API that RFT_API_URL names."""
    with fake_api() as running:
        monkeypatch.setenv("RFT_API_URL", running.url)
        yield running
