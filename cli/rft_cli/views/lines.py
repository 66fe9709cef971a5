"""How a line is laid out: a label, then text that continues under itself. Pure: strings of rich markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INDENT = 10
"""Columns of a time and two spaces, under which a stage's lines stand."""
LABEL = 12
SUMMARY_LABEL = 12
HANG = "\t"
"""Stands where the text of a line begins; printing replaces it, and aligns what is wrapped under it."""
ELLIPSIS = "…"
SIMULATED = "[yellow](simulated)[/]"
"""Stands behind each figure of an emulated Bedrock."""


def stage_field(label: str, text: str, *, style: str = "", indent: int = INDENT) -> str:
    """One finding of a stage, indented under the stage's name."""
    return " " * indent + _styled(f"{label:<{LABEL}}", style) + HANG + text


def summary_field(label: str, text: str) -> str:
    """One line of a run's result."""
    return _styled(f"{label:<{SUMMARY_LABEL}}", "bold") + HANG + text


def principal_text(principal: Mapping[str, Any]) -> str:
    """Who did something, as AWS proved it; a name that somebody gave is never shown in this form."""
    match principal["type"]:
        case "jwt":
            return f"{principal['id']} ({principal['issuer']})"
        case "account":
            return f"account {principal['id']}, by upload"
        case "unknown":
            return "unknown: the API saw no proof"
    return str(principal["id"])


def shorten_middle(word: str, width: int) -> str:
    """The word cut in its middle to `width` characters: an ARN's service and its id both show."""
    if len(word) <= width or width < 3:
        return word
    head = (width - 1) // 2
    return word[:head] + ELLIPSIS + word[len(word) - (width - 1 - head) :]


def _styled(text: str, style: str) -> str:
    return f"[{style}]{text}[/]" if style else text
