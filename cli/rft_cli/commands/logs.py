"""`rft logs`: log lines of one run. `rft webhooks`: a signed test event, and secret rotation."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.views.log_lines import log_line
from rft_cli.views.printing import Output, print_lines, print_note
from rft_cli.views.run_events import TERMINAL
from rft_cli.views.times import instant
from rft_client.api_client import ApiClient
from rft_client.deployment import Deployment
from rft_client.errors import RftClientError
from rft_client.function_logs import MAX_INVOCATION, FunctionLogs, LogLine

SECRET_BYTES = 32
"""Standard Webhooks: 24 to 64 random bytes."""

INTERVAL_SECONDS = 10.0
INTERRUPTED = 130
AFTER_THE_END = timedelta(hours=1)
"""Includes sweeps and late events after a run's end."""
CLOCK_SKEW = timedelta(minutes=1)


@with_target()
def logs(
    *,
    run_id: RunId,
    target: Deployment,
    function: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this function, as PrepareDataset. Default: all.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print new lines until the run has ended.")] = False,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="Polling interval of --follow, in seconds.")
    ] = INTERVAL_SECONDS,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show the log lines of a run in order, with START and REPORT of each invocation."""
    found = FunctionLogs(target.logs(), target.stack_name)
    console, count = Console(), 0
    try:
        for lines in run_logs(target.client, found, run_id, function=function, interval=interval if follow else None):
            count += len(lines)
            _print(console, lines, output)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if not count:
        print_note(f"No log lines of {run_id} found; --function, LogLevel or LogRetentionDays may leave them out")


def run_logs(
    client: ApiClient,
    found: FunctionLogs,
    run_id: str,
    *,
    function: str | None = None,
    interval: float | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[list[LogLine]]:
    """Lines of the run that were not given before; with `interval` (seconds) again until the run has ended.

    Raises ApiError, CommandError.
    """
    view = client.run(run_id)
    groups = found.groups(function)
    since, given = instant(view["created_at"]) - CLOCK_SKEW, set[tuple[str, str]]()
    while True:
        lines = found.lines(groups, run_id, since=since, until=_until(view, now()))
        fresh = [line for line in lines if line.key not in given]
        given |= {line.key for line in fresh}
        yield fresh
        if interval is None or view["status"] in TERMINAL:
            return
        pause(interval)
        if fresh:  # an invocation in progress started no earlier than that
            since = max(since, fresh[-1].at - MAX_INVOCATION)
        view = client.run(run_id)


def _until(view: dict[str, Any], now: datetime) -> datetime:
    if view["status"] not in TERMINAL:
        return now + CLOCK_SKEW
    return min(now + CLOCK_SKEW, instant(view["updated_at"]) + AFTER_THE_END)


def _print(console: Console, lines: list[LogLine], output: Output) -> None:
    if output == Output.JSON:
        for line in lines:
            typer.echo(json.dumps({"at": line.at.isoformat(), "function": line.function, "message": line.message}))
    else:
        print_lines(console, (log_line(line.at, line.function, line.message) for line in lines))


@with_target()
def webhooks_test(*, target: Deployment) -> None:
    """Send a signed test event once to the stack's webhook; needs lambda:InvokeFunction."""
    name = _sender(target)
    payload = json.dumps({"endpoint": "stack", "event": test_event()}).encode()
    reply = target.functions().invoke(FunctionName=name, Payload=payload)
    result = json.loads(reply["Payload"].read())
    if reply.get("FunctionError"):
        raise RftClientError(f"Not delivered: {result.get('errorType')}: {result.get('errorMessage')}")
    if not result["sent"]:
        raise RftClientError(f"Nothing was sent: {result['skipped']}; set the stack's parameter WebhookUrl")
    print_lines(Console(), [f"Delivered, with {result['signatures']} signature(s)"])


@with_target()
def webhooks_rotate(*, target: Deployment) -> None:
    """Replace the secret that signs webhooks; the previous one also signs until the next rotation.

    Needs lambda:GetFunctionConfiguration and secretsmanager:PutSecretValue.
    """
    settings = target.functions().get_function_configuration(FunctionName=_sender(target))
    secret_arn = settings["Environment"]["Variables"]["WEBHOOK_SECRET_ARN"]
    if not secret_arn:
        raise RftClientError("The stack signs no webhooks; set its parameter WebhookSecretArn")
    value = f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
    version = target.secrets().put_secret_value(SecretId=secret_arn, SecretString=value)["VersionId"]
    print_lines(
        Console(),
        [
            f"Rotated to version {version}; webhooks have a signature by the previous version too",
            "Give the new secret to the receivers before the next rotation:",
            f"aws secretsmanager get-secret-value --secret-id {secret_arn} --query SecretString --output text",
        ],
    )


def _sender(target: Deployment) -> str:
    """Name of the function that sends webhooks."""
    name = target.output("SendWebhookName")
    if name is None:
        raise RftClientError("No stack with webhooks is named; pass --stack NAME or set RFT_STACK")
    return name


def test_event() -> dict[str, Any]:
    """A status change of a non-existent run, tagged as a test."""
    run_id = f"webhook-test-{datetime.now(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(4)}"
    return {
        "id": f"{run_id}/1",
        "sequence": 1,
        "kind": "RFT Run Status Change",
        "at": datetime.now(UTC).isoformat(),
        "run_id": run_id,
        "name": "webhook-test",
        "status": "COMPLETED",
        "tags": {"test": "true"},
        "simulated": True,
        "change": {"before": "TRAINING", "after": "COMPLETED"},
    }
