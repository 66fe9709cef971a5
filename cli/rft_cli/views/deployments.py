"""Renders deployments and their changes. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape

from rft_cli.views.rewards import View

COLOURS = {"completed": "green", "reverted": "yellow", "reverting": "yellow", "running": "cyan"}


def deployment_lines(view: View) -> Iterator[str]:
    """The deployed model, then the changes, newest first."""
    state = view["update_status"] if view["update_status"] == "Updating" else view["status"]
    yield f"[bold]{escape(view['name'])}[/]  {state or '[yellow]not in Bedrock[/]'}"
    if view["model_arn"]:
        yield f"  serves   {escape(view['run_id'] or view['model_arn'])}"
    for change in reversed(view["changes"]):
        status = f"[{COLOURS[change['status']]}]{change['status']}[/]"
        yield f"  {change['at'][:16].replace('T', ' ')}  {change['action']} {status} by {escape(change['by'])}"
        if change["reason"]:
            yield f"    {escape(change['reason'])}"
