"""Layout of a line: a label, then text with a hanging indent. Pure: strings of rich markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INDENT = 10
"""Indent of a stage's lines: the width of a time and two spaces."""
LABEL = 12
SUMMARY_LABEL = 12
HANG = "\t"
"""Marks where a line's text begins; printing replaces it and aligns wrapped lines with it."""
ELLIPSIS = "…"
SIMULATED = "[yellow](simulated)[/]"
"""Suffix of each figure from the emulated Bedrock."""


def stage_field(label: str, text: str, *, style: str = "", indent: int = INDENT) -> str:
    """One finding of a stage, indented below the stage."""
    return " " * indent + _styled(f"{label:<{LABEL}}", style) + HANG + text


def summary_field(label: str, text: str) -> str:
    """One line of a run's result, with a bold label."""
    return _styled(f"{label:<{SUMMARY_LABEL}}", "bold") + HANG + text


def principal_text(principal: Mapping[str, Any]) -> str:
    """A principal verified by AWS; unverified names are never shown in this format."""
    match principal["type"]:
        case "jwt":
            return f"{principal['id']} ({principal['issuer']})"
        case "account":
            return f"account {principal['id']}, by upload"
        case "unknown":
            return "unknown: the API saw no proof"
    return str(principal["id"])


def shorten_middle(word: str, width: int) -> str:
    """Shortens a word in its middle to `width` characters, so that an ARN's service and id remain visible."""
    if len(word) <= width or width < 3:
        return word
    head = (width - 1) // 2
    return word[:head] + ELLIPSIS + word[len(word) - (width - 1 - head) :]


def _styled(text: str, style: str) -> str:
    return f"[{style}]{text}[/]" if style else text
