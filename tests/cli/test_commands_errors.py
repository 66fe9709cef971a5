"""Error messages of commands, and how a report is saved."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from rft.contracts.ledger import RunStatus
from tests.kit.command_requests import SUBMIT, error_line
from tests.kit.fakes.api import FakeApi, Reply
from tests.kit.records import RUN_ID
from tests.kit.rft_command import Rft
from tests.kit.views import view

UNKNOWN: Reply = (404, {"title": "Not found", "detail": f"Run {RUN_ID} not found", "status": 404})


def test_a_second_approval_names_the_first_approver(rft: Rft, api: FakeApi) -> None:
    decision = {"approved": True, "by": "Ada", "comment": "fine", "caller": "arn", "at": "2026-11-20T12:00:00Z"}
    api.says((200, view(RunStatus.STARTING, approval={"decision": decision})))
    assert rft("approve", RUN_ID, "--by", "Ada", "--comment", "fine").err == ""
    second = rft("approve", RUN_ID, "--by", "Bob")
    assert (second.status, second.out) == (0, f"{RUN_ID}  approved\n")
    assert second.err.startswith("Ada had decided the same at 2026-11-20T12:00:00Z: fine;")


@pytest.mark.parametrize("command", ["show", "watch", "events", "cancel", "approve"])
def test_an_unknown_run_is_a_one_line_error(rft: Rft, api: FakeApi, command: str) -> None:
    api.says(UNKNOWN)
    expected = f"rft: HTTP 404 Run {RUN_ID} not found — `rft list` shows existing runs\n"
    assert error_line(rft(command, RUN_ID)) == expected


def test_a_run_id_cannot_reach_another_address(rft: Rft, api: FakeApi) -> None:
    api.says(UNKNOWN)
    rft("cancel", "../runs?x=1#")
    assert api.requests[0].path == "/runs/..%2Fruns%3Fx%3D1%23/cancel"


def test_every_field_that_the_api_refuses_is_named(rft: Rft, api: FakeApi) -> None:
    problem = {
        "title": "The request is not valid",
        "detail": "Fields that break their contract: 2; see errors.",
        "errors": [{"field": "name", "message": "is bad"}, {"field": "tags", "message": "are worse"}],
    }
    api.says((422, problem))
    assert "HTTP 422 The request is not valid — name: is bad; tags: are worse" in error_line(rft(*SUBMIT))


def test_wrong_credentials_name_the_required_permission(
    rft: Rft, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert "HTTP 403 Forbidden — the credentials are wrong or expired, or lack execute-api:Invoke" in error_line(
        rft("list")
    )


@pytest.mark.parametrize("content", [b"<html>hello</html>", b"", b"[]", b"\xff"])
def test_a_response_of_another_service_is_named(rft: Rft, api: FakeApi, content: bytes) -> None:
    api.says((200, content))
    assert "check the URL and your network" in error_line(rft("show", RUN_ID))


@pytest.mark.usefixtures("credentials")
def test_an_unreachable_address_is_named(rft: Rft) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        assert f"Cannot reach {url}" in error_line(rft("list", "--api-url", url))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--stauts", "x"], "--stauts"),
        (["show"], "RUN_ID"),
        (["nonsense"], "nonsense"),
        (["list", "-o", "xml"], "xml"),
    ],
)
def test_a_usage_error_is_one_line_and_status_2(rft: Rft, arguments: list[str], words: str) -> None:
    assert words in error_line(rft(*arguments), status=2)


def test_help_names_every_command(rft: Rft) -> None:
    result = rft("--help")
    for command in ("submit", "preflight", "list", "show", "watch", "events", "cancel", "approve", "demo", "local"):
        assert f" {command} " in result.out
    assert result.status == 0


REPORT = {"headline": {"sentence": "Better \x1b[2J [bold]news[/].", "tone": "good"}}


def with_report(api: FakeApi) -> None:
    api.answer = lambda request: (200, b"<!doctype html>" if request.query.get("format") == "html" else REPORT)


def test_a_report_is_saved_and_its_verdict_printed(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    with_report(api)
    file = tmp_path / "report.html"
    found = rft("report", RUN_ID, "--file", file)
    assert found.status == 0
    assert file.read_bytes() == b"<!doctype html>"
    assert found.out == f"Better \\x1b[2J [bold]news[/].\nReport: {file}\n"


def test_a_report_as_json_saves_nothing(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    with_report(api)
    assert json.loads(rft("report", RUN_ID, "--output", "json").out) == REPORT
    assert [request.query for request in api.requests] == [{}]


def test_a_report_that_cannot_be_saved_names_the_file(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    with_report(api)
    assert "Cannot write" in error_line(rft("report", RUN_ID, "--file", tmp_path / "no" / "folder.html"))


def test_a_run_without_a_report_says_why(rft: Rft, api: FakeApi) -> None:
    api.says((404, {"title": "There is nothing here", "detail": f"{RUN_ID} is TRAINING", "status": 404}))
    assert "is TRAINING" in error_line(rft("report", RUN_ID))
