"""Pages of the console: the report's templates and ours, with every text made visible and escaped."""

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
"""Asset → its folder and media type. Charts and tables look as in a report."""


def render(name: str, **values: Any) -> str:
    """A page or a part of one."""
    return _environment().get_template(f"{name}.html.j2").render(**values)


@cache
def _environment() -> Environment:
    return templates(OWN_TEMPLATES, comparison.OWN_TEMPLATES, TEMPLATES)
