"""The `rft` command and its subcommands: registered here, written one module each."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from rft.errors import RftError
from rft_cli.commands.agreement import agreement
from rft_cli.commands.evaluation import evaluation
from rft_cli.commands.options import ApiUrl, OutputOption, Region, Stack
from rft_cli.commands.runs import approve, cancel, events, list_runs, show
from rft_cli.commands.submit import PREFLIGHT, submit
from rft_cli.commands.watch import INTERRUPTED, watch
from rft_cli.errors import CommandError
from rft_cli.views.printing import Output

EXAMPLES = Path(__file__).parents[2] / "examples"
SAMPLES = {
    "pandalm": EXAMPLES / "pandalm" / "comparisons.json",
    "gsm8k": EXAMPLES / "gsm8k" / "questions.jsonl",
    "finqa": EXAMPLES / "finqa" / "questions.jsonl",
    "code": EXAMPLES / "code" / "problems.jsonl",
    "rubric": EXAMPLES / "rubric" / "replies.jsonl",
    "rft": EXAMPLES / "rft" / "math.jsonl",
}

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Reinforcement fine-tuning of Amazon Nova on Amazon Bedrock, unattended and safely.",
)
local = typer.Typer(no_args_is_help=True, help="The emulated AWS on this machine: no account, no Docker, no cost.")
app.add_typer(local, name="local")
grader = typer.Typer(no_args_is_help=True, help="Graders, on their own.")
app.add_typer(grader, name="grader")

dataset = typer.Typer(no_args_is_help=True, help="Datasets, on their own.")
app.add_typer(dataset, name="dataset")

app.command()(submit)
app.command(PREFLIGHT, help="Run everything but the job: is the dataset fit, can the grader be trusted?")(submit)
app.command("list")(list_runs)
app.command()(show)
app.command()(watch)
app.command()(events)
app.command()(evaluation)
app.command()(cancel)
app.command()(approve)
app.command()(agreement)


@app.command()
def demo(
    *,
    dataset: Annotated[
        Path | None, typer.Option(help="Raw records; default: the sample of the task that comes with the project.")
    ] = None,
    task: Annotated[str, typer.Option(help="The dataset's task.")] = "pandalm",
    name: Annotated[str, typer.Option(help="The run's name.")] = "demo",
    grader: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="Name of a grader, or a .py file of yours. Default: the task's own."),
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Run the main job on this machine, on an emulated AWS: no account, no Docker, no cost."""
    from rft_cli.commands.demo import demo as run_demo

    chosen = dataset or SAMPLES.get(task, SAMPLES["pandalm"])
    sample = dataset is None
    raise typer.Exit(run_demo(dataset=chosen, task=task, name=name, grader=grader, output=output, sample=sample))


@dataset.command("check")
def check_dataset(
    file: Annotated[Path, typer.Argument(help="Raw records, as a run would read them.")],
    *,
    task: Annotated[str, typer.Option(help="The dataset's task.")],
    grader: Annotated[
        str | None, typer.Option(help="The grader that references are checked for. Default: the task's own.")
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Check a dataset as a run would, without a stack. Exit status 1: a run would refuse it."""
    from rft_cli.commands.dataset_check import dataset_check

    raise typer.Exit(dataset_check(file, task=task, grader=grader, output=output))


@grader.command("test")
def try_grader(
    named: Annotated[
        str,
        typer.Argument(metavar="NAME|ARN|PATH", help="A grader of this project, a Lambda, or a .py file."),
    ],
    *,
    dataset: Annotated[Path, typer.Option(help="Raw records, as a run would read them.")],
    task: Annotated[str | None, typer.Option(help="The dataset's task. Default: the grader's name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Rows to try it on.")] = 20,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Also train the emulated model against it, as `rft simulate` does.")
    ] = False,
    score_range: Annotated[
        tuple[float, float], typer.Option(help="Lowest and highest score that the grader gives.")
    ] = (0.0, 1.0),
    output: OutputOption = Output.TEXT,
) -> None:
    """Try a grader on right, wrong and hostile answers to real rows. Exit status 1: something is wrong with it."""
    from rft_cli.commands.grader_test import grader_test

    bounds = score_range
    tested = grader_test(
        named, dataset=dataset, task=task, limit=limit, simulate=simulate, bounds=bounds, output=output
    )
    raise typer.Exit(tested)


@app.command()
def simulate(
    source: Annotated[str, typer.Argument(metavar="FILE|RUN_ID", help="Raw records here, or a run's prepared rows.")],
    *,
    grader: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|ARN|PATH", help="A grader of this project, a Lambda, or a .py file. Default: its own."
        ),
    ] = None,
    task: Annotated[str | None, typer.Option(help="The file's task. Default: the grader's name.")] = None,
    steps: Annotated[int, typer.Option(min=2, max=10_000, help="Training steps.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed and scores give the same simulation.")] = 42,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Train the emulated model against a grader: does it learn, learn nothing, or cheat? Exit status 0: it learns.

    No language model is trained: kinds of answer, right, wrong and hostile ones, compete for the grader's scores.
    """
    from rft_cli.client.deployment import deployment
    from rft_cli.commands.simulate import simulate as run_simulation

    where = partial(deployment, api_url=api_url, stack=stack, region=region)
    raise typer.Exit(
        run_simulation(source, grader=grader, task=task, steps=steps, seed=seed, where=where, output=output)
    )


@local.command()
def up(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the AWS endpoint; 0: any.")] = 0,
    api_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the HTTP API; 0: any.")] = 0,
    speed: Annotated[float, typer.Option(min=0.01, help="Seconds of waits that pass in one real second.")] = 120.0,
    training_seconds: Annotated[float, typer.Option(min=0, help="Real seconds that a job takes at least.")] = 12.0,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A parameter of the template; may be repeated.")
    ] = None,
    grader: Annotated[
        list[str] | None, typer.Option(metavar="NAME=PATH", help="A .py file to deploy as a grader; may be repeated.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Faults that strike: YAML or JSON, as in docs/emulator.md.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder to keep everything in, and to go on from.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON once it is up.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Run the emulated AWS in the foreground until Ctrl-C or SIGTERM, with the project's template deployed."""
    from emulator import EmulatorOptions
    from rft_cli.commands.local import faults_of, local_up, parameters, with_graders

    chosen, graders = with_graders(parameters(parameter or ()), grader or [])

    options = EmulatorOptions(
        port=port,
        api_port=api_port,
        speed=speed,
        training_seconds=training_seconds,
        parameters=chosen,
        faults=faults_of(faults),
        state=state,
        schedules=True,
    )
    local_up(options, graders=graders, as_json=as_json or output == Output.JSON)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point: expected failures end in one line on stderr and exit status 1, misuse in 2."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended too
    try:
        status = app(arguments, prog_name="rft", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        _complain(error.format_message())
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains on its way out
        sys.exit(1)
    except (CommandError, RftError, BotoCoreError, ClientError, OSError) as error:
        _complain(_message(error))
        sys.exit(1)
    except typer.Abort:
        status = INTERRUPTED
    if status == INTERRUPTED:
        _complain("interrupted")
    sys.exit(status)


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"  # Python's own begins with a number
    return str(error)


def _complain(message: str) -> None:
    """One line, whatever the message looked like."""
    line = " ".join(message.split())
    if line:
        Console(stderr=True).print(f"[red]rft:[/] {escape(line)}", highlight=False, soft_wrap=True)
