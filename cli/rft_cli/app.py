"""The `rft` command: registers the subcommands of `commands`."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from rft.errors import RftError
from rft.text import MAX_BLOCK, text_line
from rft_cli.commands import experiment as experiment_commands
from rft_cli.commands.agreement import agreement
from rft_cli.commands.deployments import deployments, rollback, undeploy
from rft_cli.commands.download import download
from rft_cli.commands.emulated import calibrate, dataset_check, demo, grader_attack, grader_test, simulate, up
from rft_cli.commands.export import export
from rft_cli.commands.grader_wrap import grader_wrap
from rft_cli.commands.help_pages import Command, Group, epilog
from rft_cli.commands.logs import logs, webhooks_rotate, webhooks_test
from rft_cli.commands.report import compare, console, report
from rft_cli.commands.rescore import rescore_run
from rft_cli.commands.rollouts import rollouts
from rft_cli.commands.runs import approve, cancel, evaluation, events, list_runs, show
from rft_cli.commands.start_from import evaluate, promote, retry, start_round
from rft_cli.commands.submit import PILOT, PREFLIGHT, SUMMARIES, submit
from rft_cli.commands.watch import INTERRUPTED, watch
from rft_client.errors import RftClientError

DEBUG = "RFT_DEBUG"
EXTRAS = dict.fromkeys(("awslambdaric", "joserfc", "jsonata", "moto", "samtranslator", "werkzeug"), "local") | {
    "flask": "console"
}
"""Module → the extra of this package that installs it."""

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Reinforcement fine-tuning of Amazon Nova on Amazon Bedrock, unattended and safely.",
)
local = typer.Typer(cls=Group, no_args_is_help=True, help="The emulated AWS: no account, no Docker, no cost.")
grader = typer.Typer(cls=Group, no_args_is_help=True, help="Work on a grader without a run.")

COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "Runs": {
        "submit": submit,
        PREFLIGHT: submit,
        PILOT: submit,
        "round": start_round,
        "list": list_runs,
        "show": show,
        "watch": watch,
        "events": events,
        "logs": logs,
        "approve": approve,
        "cancel": cancel,
        "retry": retry,
    },
    "Results": {
        "report": report,
        "evaluation": evaluation,
        "compare": compare,
        "console": console,
        "rollouts": rollouts,
        "rescore": rescore_run,
        "download": download,
        "export": export,
    },
    "Models": {
        "evaluate": evaluate,
        "promote": promote,
        "deployments": deployments,
        "rollback": rollback,
        "undeploy": undeploy,
    },
    "On this machine": {"demo": demo, "simulate": simulate, "calibrate": calibrate, "agreement": agreement},
}
"""Commands by their heading in `rft --help`."""
LOCAL_PANEL = list(COMMANDS)[-1]

for panel, commands in COMMANDS.items():
    for name, command in commands.items():
        app.command(name, cls=Command, help=SUMMARIES.get(name), epilog=epilog(name), rich_help_panel=panel)(command)
dataset = typer.Typer(cls=Group, no_args_is_help=True, help="Work on a dataset without a run.")
app.add_typer(local, name="local", rich_help_panel=LOCAL_PANEL)
app.add_typer(grader, name="grader", rich_help_panel=LOCAL_PANEL)
app.add_typer(dataset, name="dataset", rich_help_panel=LOCAL_PANEL)
webhooks = typer.Typer(cls=Group, no_args_is_help=True, help="Check the stack's webhook, and rotate its secret.")
app.add_typer(webhooks, name="webhooks")
webhooks.command("test", cls=Command, epilog=epilog("webhooks test"))(webhooks_test)
webhooks.command("rotate", cls=Command, epilog=epilog("webhooks rotate"))(webhooks_rotate)
local.command("up", cls=Command, epilog=epilog("up"))(up)
grader.command("test", cls=Command, epilog=epilog("test"))(grader_test)
grader.command("attack", cls=Command, epilog=epilog("attack"))(grader_attack)
grader.command("wrap", cls=Command, epilog=epilog("wrap"))(grader_wrap)
dataset.command("check", cls=Command, epilog=epilog("check"))(dataset_check)
experiment = typer.Typer(cls=Group, no_args_is_help=True, help="Compare variants of a run under one budget.")
app.add_typer(experiment, name="experiment", rich_help_panel="Runs")
EXPERIMENT_COMMANDS: dict[str, Callable[..., None]] = {
    "start": experiment_commands.start,
    "list": experiment_commands.list_experiments,
    "show": experiment_commands.show,
    "watch": experiment_commands.watch,
    "cancel": experiment_commands.cancel,
}
for name, command in EXPERIMENT_COMMANDS.items():
    experiment.command(name, cls=Command, epilog=epilog(f"experiment {name}"))(command)
for group in (local, grader, dataset, webhooks, experiment):
    group.callback()(lambda: None)


def _print_version(value: bool) -> None:  # noqa: FBT001  typer's callback
    if value:
        typer.echo(f"rft {version('rft-control-plane')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    show_version: Annotated[  # noqa: ARG001  its callback prints it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error. Or set RFT_DEBUG=1.")] = False,
) -> None:
    """Options of all commands."""
    if debug:
        os.environ[DEBUG] = "1"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command: an expected error prints one line to stderr and exits with status 1, misuse with 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # also ends child processes
    try:
        status = app(arguments, prog_name="rft", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        _print_error(error.format_message())
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # otherwise Python reports it at exit
        sys.exit(0)  # the reader closed the pipe, as in `rft list | head`
    except (RftClientError, RftError, BotoCoreError, ClientError, OSError, ModuleNotFoundError) as error:
        if os.environ.get(DEBUG):
            traceback.print_exc()
        _print_error(_message(error))
        sys.exit(1)
    except typer.Abort:
        status = INTERRUPTED
    if status == INTERRUPTED:
        _print_error("interrupted")
    sys.exit(status)


def _message(error: Exception) -> str:
    """Reraises the error for a module that no extra installs: a bug in this package."""
    if isinstance(error, ModuleNotFoundError):
        if (extra := EXTRAS.get((error.name or "").partition(".")[0])) is None:
            raise error
        return f"This command needs the extra {extra}: pip install 'rft-control-plane[{extra}]'"
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"  # Python's own message begins with a number
    return str(error)


def _print_error(message: str) -> None:
    line = text_line(" ".join(message.split()), MAX_BLOCK)
    if line:
        Console(stderr=True).print(f"[red]rft:[/] {escape(line)}", highlight=False, soft_wrap=True)
