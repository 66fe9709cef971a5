"""`rft local up`: the emulated AWS in the foreground, for other terminals and programs."""

from __future__ import annotations

import json
import signal
import socket
import threading
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
from rft_cli.graders.deployed_grader import allowed, deploy_grader, named_files
from rft_cli.views.printing import say


def local_up(options: EmulatorOptions, *, graders: Mapping[str, Path], as_json: bool) -> None:
    """Run the emulator until SIGINT or SIGTERM. `graders`: name → file, each a function of that name.

    Raises CommandError (a port is taken, a parameter or a grader's file is wrong).
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    for port in (options.port, options.api_port):
        _check_free(port)
    with started(options) as aws:
        own = {name: deploy_grader(aws, name, path) for name, path in graders.items()}
        _tell(aws, own, as_json=as_json)
        ended.wait()
    if not as_json:
        Console().print("The emulated AWS is down.", highlight=False)


def parameters(texts: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` each. Raises CommandError."""
    pairs = [text.partition("=") for text in texts]
    for key, equals, _ in pairs:
        if not (key and equals):
            raise CommandError(f"--parameter {key}: write KEY=VALUE")
    return {key: value for key, _, value in pairs}


def with_graders(given: Mapping[str, str], texts: list[str]) -> tuple[dict[str, str], dict[str, Path]]:
    """The stack's parameters with the rights that graders need, and their files by name. Raises CommandError."""
    files = named_files(texts)
    return allowed(given, files), files


def faults_of(path: Path | None) -> list[Fault]:
    """The rules of a file. Raises CommandError (it cannot be read, a rule is wrong)."""
    try:
        return read_faults(path) if path else []
    except ValueError as error:
        raise CommandError(f"--faults: {error}") from error


def started(options: EmulatorOptions) -> Emulator:
    """The emulator with the template deployed. Raises CommandError if that cannot be."""
    try:
        return Emulator.start(options)
    except ValueError as error:
        raise CommandError(f"the emulated AWS cannot start: {error}") from error


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"port {port} cannot be used ({error.strerror}); choose another, or 0 for any"
            ) from error


def _tell(aws: Emulator, own: Mapping[str, str], *, as_json: bool) -> None:
    facts = ready(aws)
    facts["graders"] = {**facts["graders"], **own}
    if as_json:
        typer.echo(json.dumps(facts))  # one line, and the sign that everything is up
    else:
        say(Console(), ready_lines(facts, aws.options.state))


def ready(aws: Emulator) -> dict[str, Any]:
    """All that a program needs to use it."""
    return {
        "aws_endpoint": aws.endpoint,
        "api_url": aws.api_url,
        "region": aws.region,
        "bucket": aws.bucket,
        "state_machine_arn": aws.state_machine_arn,
        "graders": aws.graders,
        "access_key_id": aws.credentials.access_key,
        "secret_access_key": aws.credentials.secret_key,
    }


_FORGETS = "Ctrl-C ends it and forgets everything."


def ready_lines(facts: dict[str, Any], state: Path | None) -> Iterator[str]:
    """The same for people, with what to paste into another terminal."""
    end = f"Ctrl-C ends it; the same --state {escape(str(state))} goes on." if state else _FORGETS
    yield f"[bold]The emulated AWS is up.[/] Bedrock and the judge are simulated. {end}"
    yield ""
    for name in ("aws_endpoint", "api_url", "region", "bucket", "state_machine_arn"):
        yield f"[bold]{name.replace('_', ' '):<18}[/]{facts[name]}"
    for name, arn in facts["graders"].items():
        yield f"[bold]{f'grader {name}':<18}[/]{arn}"
    yield ""
    yield "In another terminal:"
    yield f"  export AWS_ENDPOINT_URL={facts['aws_endpoint']} AWS_REGION={facts['region']} AWS_SESSION_TOKEN="
    yield f"  export AWS_ACCESS_KEY_ID={facts['access_key_id']} AWS_SECRET_ACCESS_KEY={facts['secret_access_key']}"
    yield f"  export AWS_DEFAULT_REGION={facts['region']} RFT_API_URL={facts['api_url']} RFT_BUCKET={facts['bucket']}"
