"""Whatever fills a field of a run, what the command line shows of it acts on no terminal and forges no line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

import pytest
from rich.console import Console

from rft.contracts.http.principal import Principal
from rft.contracts.ledger import RunStatus
from rft_cli.views.printing import print_lines
from rft_cli.views.summary import run_lines
from rft_cli.views.tables import event_lines, list_lines
from tests.kit.hostile_text import HOSTILE, acting_in, with_strings
from tests.kit.records import ADA
from tests.kit.views import START, line, view

OWN = {
    "status",
    "after",
    "before",
    "stage",
    "at",
    "created_at",
    "updated_at",
    "expires_at",
    "requested_at",
    "type",
    "name",
    "result",
}
"""Fields that only the control plane fills, from words and times of its own."""
SGR = re.compile(r"\x1b\[[0-9;]*m")

DECISION = {"approved": False, "by": "Ada", "comment": "no", "caller": ADA.model_dump(), "at": "2026-11-20T12:00:00Z"}
PARTS: dict[str, Any] = {
    "approval": {
        "reasons": ["dear"],
        "requested_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-11-23T12:00:00Z",
        "decision": DECISION,
    },
    "failure": {"stage": "TRAINING", "error": "JobFailed", "cause": "role", "caller": ADA.model_dump()},
    "breaker": [{"signal": "error_share", "action": "stop", "message": "50% failed", "step": 14, "at": ""}],
    "grader_arn": "arn:aws:lambda:us-east-1:123456789012:function:g:1",
}


def shown(lines: Iterable[str], width: int) -> str:
    stream = io.StringIO()
    print_lines(Console(file=stream, force_terminal=True, width=width), lines)
    return SGR.sub("", stream.getvalue())


def hostile(value: Any) -> Any:
    return with_strings(value, lambda name, text: text if name in OWN or not text else f"{text}{HOSTILE}")


def check(text: str) -> None:
    assert acting_in(text, allowed="\n") == set()
    assert "FAKE" in text
    assert [line for line in text.splitlines() if line.startswith(("rft: FAKE", "2026-11-20 FAKE", "FAKE"))] == []


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("verbose", [True, False])
@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.AWAITING_APPROVAL])
def test_a_run_with_hostile_text_in_every_field_is_shown_safely(status: RunStatus, width: int, verbose: bool) -> None:
    shot = hostile(view(status, {"tags": {"team": "a"}}, **PARTS))
    check(shown(run_lines(shot, verbose=verbose), width))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_history_with_hostile_text_is_shown_safely(width: int) -> None:
    events = [
        {**event, "detail": "x", "caller": ADA.model_dump(), "by": "x"} for event in view(RunStatus.FAILED)["timeline"]
    ]
    check(shown(event_lines(hostile(events)), width))


@pytest.mark.parametrize("kind", ["iam", "jwt", "account"])
def test_a_list_with_hostile_text_is_shown_safely(kind: Any) -> None:
    principal = Principal(type=kind, id="x", issuer="y").model_dump()
    runs = [hostile({**line(1, team="a"), "requested_by": principal})]
    check(shown(list_lines(runs, now=START), 2_000))
