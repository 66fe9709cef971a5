"""`rft local up`: runs the emulated AWS in the foreground for other terminals and programs."""

from __future__ import annotations

import json
import queue
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from emulator import Emulator, EmulatorOptions
from emulator.fault_file import read_faults
from emulator.faults import Fault
from rft_cli.errors import CommandError
from rft_cli.graders.deployed_grader import deploy_grader
from rft_cli.views.lines import HANG
from rft_cli.views.printing import print_lines, print_note

LABEL = 19
VARIABLES = {
    "AWS_ENDPOINT_URL": "aws_endpoint",
    "AWS_REGION": "region",
    "AWS_DEFAULT_REGION": "region",
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "",
    "RFT_API_URL": "api_url",
    "RFT_BUCKET": "bucket",
    "RFT_STACK": "stack",
}
"""Environment variable → its value in `connection_details`; the session token is set to ''."""


def local_up(options: EmulatorOptions, *, graders: Mapping[str, Path], as_json: bool) -> None:
    """Run the emulator until SIGINT or SIGTERM; SIGHUP updates its stack.

    `graders`: name → file, each deployed as a function of that name. A SIGINT before it is up is a KeyboardInterrupt.

    Raises CommandError (a port is taken, a parameter or a grader's file is wrong).
    """
    received: queue.SimpleQueue[int] = queue.SimpleQueue()
    _deliver(received, signal.SIGTERM, signal.SIGHUP)
    for port in (options.port, options.api_port):
        _check_free(port)
    with start_emulator(options) as aws:
        arns = {name: deploy_grader(aws, name, path) for name, path in graders.items()}
        _deliver(received, signal.SIGINT)
        _print_details(aws, arns, as_json=as_json)
        _serve(aws, received)
    if not as_json:
        Console().print("Emulated AWS stopped.", highlight=False)


def _deliver(received: queue.SimpleQueue[int], *numbers: signal.Signals) -> None:
    for number in numbers:
        signal.signal(number, lambda signum, _: received.put(signum))


def _serve(aws: Emulator, received: queue.SimpleQueue[int]) -> None:
    """Waits for SIGINT or SIGTERM; SIGHUP updates the stack from the current template and code."""
    while received.get() == signal.SIGHUP:
        try:
            aws.update()
        except ValueError as error:
            print_note(f"The stack was not updated: {escape(' '.join(str(error).split()))}")
        else:
            print_note("Stack updated.")


def parse_parameters(texts: Sequence[str]) -> dict[str, str]:
    """Parses `KEY=VALUE` items. Raises CommandError."""
    pairs = [text.partition("=") for text in texts]
    for key, equals, _ in pairs:
        if not (key and equals):
            raise CommandError(f"--parameter {key}: use KEY=VALUE")
    return {key: value for key, _, value in pairs}


def read_fault_file(path: Path | None) -> list[Fault]:
    """Reads a fault file. Raises CommandError if it is unreadable or a rule is invalid."""
    try:
        return read_faults(path) if path else []
    except ValueError as error:
        raise CommandError(f"--faults: {error}") from error


def start_emulator(options: EmulatorOptions) -> Emulator:
    """The emulator with the template deployed. Raises CommandError if it cannot start."""
    try:
        return Emulator.start(options)
    except ValueError as error:
        raise CommandError(f"The emulated AWS cannot start: {error}") from error


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used ({error.strerror}); pass another, or 0 for any") from error


def _print_details(aws: Emulator, graders: Mapping[str, str], *, as_json: bool) -> None:
    details = connection_details(aws)
    details["graders"] = {**details["graders"], **graders}
    if as_json:
        typer.echo(json.dumps(details))  # one line, which signals readiness
    else:
        print_lines(Console(), detail_lines(details, aws.options.state))


def connection_details(aws: Emulator) -> dict[str, Any]:
    """Connection settings for programs."""
    return {
        "aws_endpoint": aws.endpoint,
        "api_url": aws.api_url,
        "region": aws.region,
        "bucket": aws.bucket,
        "stack": aws.options.stack_name,
        "state_machine_arn": aws.state_machine_arn,
        "graders": aws.graders,
        "access_key_id": aws.credentials.access_key,
        "secret_access_key": aws.credentials.secret_key,
    }


def detail_lines(details: dict[str, Any], state: Path | None) -> Iterator[str]:
    """Connection settings as text, one `export` per line for pasting, so that no terminal wraps them."""
    end = f"stops it; --state {escape(str(state))} resumes it later" if state else "stops it and deletes its state"
    yield f"[bold]Emulated AWS running[/]: Bedrock and the judge are simulated. Ctrl-C {end}."
    yield ""
    for name in ("aws_endpoint", "api_url", "region", "bucket", "state_machine_arn"):
        yield _field(name.replace("_", " "), details[name])
    for name, arn in details["graders"].items():
        yield _field(f"grader {name}", arn)
    yield ""
    yield "In another terminal:"
    for variable, name in VARIABLES.items():
        yield f"  export {variable}={details.get(name, '')}"


def _field(label: str, value: str) -> str:
    return f"[bold]{label:<{LABEL}}[/]{HANG}{value}"
