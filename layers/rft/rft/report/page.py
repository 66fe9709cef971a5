"""Renders the report as one self-contained HTML file without scripts. Pure."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rft.contracts.forecast import Range
from rft.contracts.http.report import RunReport
from rft.report.charts import interval_chart, training_charts
from rft.text import text_block, text_line

TEMPLATES = Path(__file__).with_name("templates")
UNKNOWN = "unknown"
MAX_LABELS = 50
"""Maximum number of labels per split, and hyperparameters per request, that are shown."""


MAX_NAME = 200


def report_page(report: RunReport) -> str:
    """Renders the page; deterministic for a given report."""
    style = Markup((TEMPLATES / "report.css").read_text("utf-8"))  # noqa: S704 - our own file
    slices = report.evaluation_detail.slices if report.evaluation_detail else ()
    request = report.request.model_dump(mode="json", exclude_defaults=True)
    return (
        _report_templates()
        .get_template("report.html.j2")
        .render(
            report=report,
            charts=training_charts(report.metrics) if report.metrics else (),
            intervals=interval_chart(report.evaluation, slices) if report.evaluation else None,
            request=json.dumps(request, indent=2, ensure_ascii=False),
            style=style,
            style_digest=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            max_labels=MAX_LABELS,
        )
    )


@cache
def _report_templates() -> Environment:
    return templates(TEMPLATES)


def templates(*folders: Path) -> Environment:
    """Loads templates from these folders; all inserted text is sanitised (`rft.text`) and HTML-escaped."""
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {each.__name__: each for each in (figure, signed, p_value, share, expected, words, brief)}
    return environment


def figure(value: float | None, digits: int = 3) -> str:
    """Formats a number with thousands separators and at most `digits` decimals, without trailing zeros."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 2 else f"{value:,.{digits}f}"


def signed(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:+.3f}"


def p_value(value: float | None) -> str:
    """Formats a p-value; very small ones as an upper bound, never as 0."""
    if value is None:
        return UNKNOWN
    return f"{value:.4f}" if value >= 0.0001 else "below 0.0001"


def share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1%}"


def expected(value: Range | None) -> str:
    if value is None:
        return UNKNOWN
    if value.high is None:
        return f"from {figure(value.low, 2)}"
    return figure(value.low, 2) if value.low == value.high else f"{figure(value.low, 2)} to {figure(value.high, 2)}"


def brief(text: str) -> str:
    """Shortens an externally supplied name (a row's or a label's) for a table."""
    return text_line(text, MAX_NAME)


def words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: Any) -> Any:
    if isinstance(value, Markup):
        return value
    return UNKNOWN if value is None else text_block(str(value))
