"""Commands that use the emulated AWS, its simulator or a local grader.

Imports are inside the commands, because the emulator takes a second to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from rft_cli.commands.options import OutputOption, Verbose, with_target
from rft_cli.errors import CommandError
from rft_cli.graders.grader_arns import OWN_GRADER, function_arn
from rft_cli.graders.grader_package import package_grader
from rft_cli.views.grader_formats import ReportFormat
from rft_cli.views.printing import Output, console_for, print_lines
from rft_client.deployment import Deployment
from rft_client.request import Request, validated
from rft_client.upload import local_dataset
from rft_project import ROOT

EXAMPLES = ROOT / "examples"
SAMPLE_DATASETS = {
    "pandalm": EXAMPLES / "pandalm" / "comparisons.json",
    "gsm8k": EXAMPLES / "gsm8k" / "questions.jsonl",
    "finqa": EXAMPLES / "finqa" / "questions.jsonl",
    "code": EXAMPLES / "code" / "problems.jsonl",
    "rubric": EXAMPLES / "rubric" / "replies.jsonl",
    "rft": EXAMPLES / "rft" / "math.jsonl",
}
"""Task → its dataset in this project."""

SMALL_SPLIT = {"train": 0.84, "validation": 0.08, "test": 0.08}
SAMPLE_SPLITS = {
    "pandalm": {"train": 0.55, "validation": 0.1, "test": 0.35},
    "gsm8k": {"train": 0.62, "validation": 0.1, "test": 0.28},
    "finqa": {"train": 0.64, "validation": 0.1, "test": 0.26},
    "code": SMALL_SPLIT,
    "rubric": SMALL_SPLIT,
    "rft": {"train": 0.74, "validation": 0.1, "test": 0.16},
}
"""Small datasets, whose split gives the 100 rows that training requires and leaves the rest for the test."""

_DEMO_INTRODUCTION = (
    "[bold]Reinforcement fine-tuning on an emulated AWS[/]: no account, no cost",
    "[yellow]Simulated:[/] Bedrock, training, judge model. Real: template, state machine, code.",
)

BatchSeconds = Annotated[
    float, typer.Option(metavar="SECONDS", min=1, help="A .py file's process is ended when a batch takes longer.")
]
Grader = Annotated[
    str, typer.Argument(metavar="NAME|ARN|FILE", help="A grader of this project, a Lambda function, or a .py file.")
]


def demo(
    *,
    dataset: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Raw records. Default: the task's dataset in examples/.")
    ] = None,
    task: Annotated[str, typer.Option(metavar="TASK", help="Task of the dataset.")] = "pandalm",
    name: Annotated[str, typer.Option(metavar="NAME", help="Name of the run.")] = "demo",
    grader: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Grader name, or your own .py file. Default: the task's grader."),
    ] = None,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Run one fine-tuning run on an emulated AWS: no account, no Docker, no cost."""
    chosen = dataset or SAMPLE_DATASETS.get(task)
    if chosen is None:
        raise CommandError(f"Task {task} has no dataset in examples/; pass --dataset FILE")
    local = local_dataset(chosen, task)
    own = Path(grader) if grader and grader.endswith(".py") else None
    if own:
        package_grader(own)  # rejects a faulty file before anything starts
    arn = function_arn(OWN_GRADER) if own else grader
    request = validated(
        _demo_request(name, task, arn, local.uri("data-bucket"), split=None if dataset else SAMPLE_SPLITS[task])
    )
    console = console_for(output)
    print_lines(console, _DEMO_INTRODUCTION)
    with console.status("loading the emulated AWS …"):
        from rft_cli.commands.demo import run_demo

    raise typer.Exit(run_demo(local, request, own_grader=own, console=console, output=output, verbose=verbose))


def _demo_request(name: str, task: str, grader: str | None, uri: str, *, split: Mapping[str, float] | None) -> Request:
    chosen = {"grader": {"lambda_arn" if grader.startswith("arn:") else "name": grader}} if grader else {}
    return {"name": name, "dataset": {"task": task, "uri": uri, **({"split": split} if split else {})}, **chosen}


def grader_test(
    grader: Grader,
    *,
    dataset: Annotated[Path, typer.Option(metavar="FILE", help="Raw records, in the form that a run reads.")],
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="Task of the dataset. Default: the grader's name.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Maximum rows to grade.")] = 20,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Also train the simulated policy against it, as `rft simulate` does.")
    ] = False,
    score_range: Annotated[
        tuple[float, float], typer.Option(metavar="MIN MAX", help="Lowest and highest score of the grader.")
    ] = (0.0, 1.0),
    report_format: Annotated[
        ReportFormat | None,
        typer.Option("--format", help="Print findings for a CI server or code scanning."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end in exit status 1, too.")] = False,
    batch_seconds: BatchSeconds = 10.0,
    output: OutputOption = Output.TEXT,
) -> None:
    """Test a grader on right, wrong and adversarial answers to real rows. Exit status 1: it has a fault."""
    from rft_cli.commands.grader_test import run_grader_test

    raise typer.Exit(
        run_grader_test(
            grader,
            dataset=dataset,
            task=task,
            limit=limit,
            simulate=simulate,
            bounds=score_range,
            strict=strict,
            report_format=report_format,
            batch_seconds=batch_seconds,
            output=output,
        )
    )


def calibrate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Raw records, in the form that a run reads.")],
    *,
    task: Annotated[str, typer.Option(metavar="TASK", help="Task of the dataset.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help="bedrock:ID, or openai:URL of a server's /v1.")],
    model_name: Annotated[str, typer.Option(metavar="NAME", help="The model at openai:URL.")] = "default",
    grader: Annotated[
        str | None, typer.Option(metavar="NAME|ARN|FILE", help="Grader of the answers. Default: the task's own.")
    ] = None,
    rows: Annotated[int, typer.Option(metavar="N", min=10, max=1000, help="Training rows to answer.")] = 64,
    samples: Annotated[int, typer.Option(metavar="N", min=2, max=16, help="Answers to a row.")] = 4,
    effort: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Reasoning effort: low, medium or high. Default: as a run.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Limit of an answer. Default: as a run.")
    ] = None,
    score_range: Annotated[
        tuple[float, float], typer.Option(metavar="MIN MAX", help="Lowest and highest score of the grader.")
    ] = (0.0, 1.0),
    output: OutputOption = Output.TEXT,
) -> None:
    """Let a model answer training rows and grade its answers. Exit status 1: they give no training signal."""
    if effort not in (None, "low", "medium", "high"):
        raise CommandError(f"--effort {effort}: use low, medium or high")
    from rft_cli.commands.calibrate import CalibrationOptions, run_calibration

    options = CalibrationOptions(task, model, model_name, grader, rows, samples, effort, max_tokens, score_range)
    raise typer.Exit(run_calibration(file, options, output))


def grader_attack(
    grader: Grader,
    *,
    dataset: Annotated[Path, typer.Option(metavar="FILE", help="Raw records, in the form that a run reads.")],
    task: Annotated[str, typer.Option(metavar="TASK", help="Task of the dataset.")] = "rft",
    calls: Annotated[int, typer.Option(metavar="N", min=100, help="Maximum answers to send.")] = 2000,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows, with what was found as wrong probes.")
    ] = None,
    attacker: Annotated[
        str | None, typer.Option(metavar="URL", help="Let a model propose answers: an OpenAI-compatible server's URL.")
    ] = None,
    attacker_model: Annotated[str, typer.Option(metavar="NAME", help="Model on that server.")] = "default",
    attacker_requests: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="Maximum requests to that server.")
    ] = 10,
    batch_seconds: BatchSeconds = 10.0,
    output: OutputOption = Output.TEXT,
) -> None:
    """Search for wrong answers that a grader rewards. Exit status 1: it found an exploit."""
    from rft_cli.commands.grader_attack import run_grader_attack
    from rft_cli.graders.attack.server import AttackerServer

    raise typer.Exit(
        run_grader_attack(
            grader,
            dataset=dataset,
            task=task,
            calls=calls,
            save=save,
            output=output,
            batch_seconds=batch_seconds,
            attacker=AttackerServer(attacker, attacker_model, attacker_requests) if attacker else None,
        )
    )


def dataset_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Raw records, in the form that a run reads.")],
    *,
    task: Annotated[str, typer.Option(metavar="TASK", help="Task of the dataset.")],
    grader: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Check references for this grader. Default: the task's grader."),
    ] = None,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Check a dataset as a run would, without a stack. Exit status 1: a run would reject it."""
    from rft_cli.commands.dataset_check import run_dataset_check

    raise typer.Exit(run_dataset_check(file, task=task, grader=grader, verbose=verbose, output=output))


@with_target()
def simulate(
    *,
    source: Annotated[str, typer.Argument(metavar="FILE|RUN_ID", help="Raw records, or a run's prepared rows.")],
    target: Deployment,
    grader: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|ARN|FILE",
            help="A grader of this project, a Lambda function, or a .py file. Default: the run's or task's.",
        ),
    ] = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="Task of the file. Default: the grader's name.")
    ] = None,
    steps: Annotated[int, typer.Option(metavar="N", min=2, max=10_000, help="Training steps.")] = 60,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed and scores give the same simulation.")] = 42,
    output: OutputOption = Output.TEXT,
) -> None:
    """Train a simulated policy against a grader: does it learn, or exploit the grader? Exit status 0: it learns.

    No language model is trained: kinds of answers (right, wrong, adversarial) compete for the grader's scores.
    """
    from rft_cli.commands.simulate import run_simulation

    raise typer.Exit(
        run_simulation(source, grader=grader, task=task, steps=steps, seed=seed, target=target, output=output)
    )


FaultsOption = Annotated[
    Path | None, typer.Option("--faults", metavar="FILE", help="Faults to inject: YAML or JSON, see docs/emulator.md.")
]
StateOption = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="Store all state in this folder and resume from it.")
]


def up(
    *,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port of the AWS endpoint; 0: any.")] = 0,
    api_port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port of the HTTP API; 0: any.")] = 0,
    speed: Annotated[
        float, typer.Option(metavar="N", min=0.01, help="Seconds of Step Functions waits per real second.")
    ] = 120.0,
    training_seconds: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Minimum real seconds of a training job.")
    ] = 12.0,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A parameter of the template. Repeatable.")
    ] = None,
    grader: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="Deploy a .py file as a grader. Repeatable.")
    ] = None,
    faults: FaultsOption = None,
    state: StateOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON once it is ready.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Run the emulated AWS in the foreground, with the project's template deployed; Ctrl-C or SIGTERM stops it."""
    from emulator import EmulatorOptions
    from rft_cli.commands.local import local_up, parse_parameters, read_fault_file
    from rft_cli.graders.deployed_grader import parse_graders, with_invoke_rights

    graders = parse_graders(grader or ())
    options = EmulatorOptions(
        port=port,
        api_port=api_port,
        speed=speed,
        training_seconds=training_seconds,
        parameters=with_invoke_rights(parse_parameters(parameter or ()), graders),
        faults=read_fault_file(faults),
        state=state,
        schedules=True,
    )
    local_up(options, graders=graders, as_json=as_json or output == Output.JSON)
