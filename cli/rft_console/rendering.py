"""Renders pages from the templates of the report and of the console, with control characters and HTML escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from rft.report.page import TEMPLATES, templates
from rft_client import comparison

OWN_TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
ASSETS = {
    "report.css": (TEMPLATES, "text/css"),
    "console.css": (STATIC, "text/css"),
    "console.js": (STATIC, "text/javascript"),
    "htmx-2.0.11.min.js": (STATIC, "text/javascript"),
}
"""Asset → folder and media type. Charts and tables share the report's styles."""


def render(name: str, **values: Any) -> str:
    """Renders a page or a fragment as HTML."""
    return _environment().get_template(f"{name}.html.j2").render(**values)


@cache
def _environment() -> Environment:
    return templates(OWN_TEMPLATES, comparison.OWN_TEMPLATES, TEMPLATES)
