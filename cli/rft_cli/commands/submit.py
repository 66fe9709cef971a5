"""`rft submit`, `rft preflight` and `rft pilot`: start a run from options, a request file or an earlier run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from rft.contracts.run_request import Mode
from rft_cli.commands.options import OutputOption, Verbose, with_target
from rft_cli.commands.watch import report_started
from rft_cli.errors import CommandError
from rft_cli.views.printing import Output, print_note
from rft_client.dataset import with_uploaded_dataset
from rft_client.deployment import Deployment
from rft_client.request import Request, parse_assignment, read_request, with_fields
from rft_client.upload import LocalDataset

PREFLIGHT, PILOT = "preflight", "pilot"
SUMMARIES = {
    PREFLIGHT: "Validate dataset and grader without starting a training job.",
    PILOT: "Train on about 100 rows to see whether the full run is worthwhile, and print the run's ID.",
}
MODES = {PREFLIGHT: Mode.PREFLIGHT, PILOT: Mode.PILOT}

TaskOption = Annotated[
    str | None, typer.Option("--task", metavar="TASK", help="Task: pandalm, gsm8k, finqa, code, rubric or rft.")
]
DatasetOption = Annotated[
    str | None,
    typer.Option("--dataset", metavar="FILE|URI", help="A local file, uploaded first, or an s3:// or https:// URI."),
]
GraderOption = Annotated[
    str | None,
    typer.Option("--grader", metavar="NAME|ARN", help="Grader name or Lambda ARN. Default: the task's grader."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Set any other field, e.g. hyperparameters.epochCount=2. Repeatable."
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Idempotency key: retrying with this key returns the existing run."),
]


@with_target(bucket=True)
def submit(
    *,
    context: typer.Context,
    target: Deployment,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A request in JSON or YAML; options override its fields.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the run.")] = None,
    task: TaskOption = None,
    dataset: DatasetOption = None,
    grader: GraderOption = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Add a tag. Repeatable.")] = None,
    earlier: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="RUN", help="Train on an earlier run's rows with its proven grader: its pilot's."
        ),
    ] = None,
    changes: SetOption = None,
    key: KeyOption = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the run until it ends.")] = False,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Start a run and print its ID."""
    if earlier and (file or task or dataset or grader):
        raise CommandError("--from takes dataset, task and grader of the earlier run: give no FILE and none of them")
    request = _build_request(
        read_request(file) if file else _full_run(target.client.run(earlier)) if earlier else {},
        name=name,
        task=task,
        dataset=dataset,
        grader=grader,
        tags=tag or (),
        changes=changes or (),
    )
    if context.info_name in MODES:
        request["mode"] = MODES[context.info_name].value
    accepted = target.client.start_run(with_uploaded_dataset(request, target, announce=print_upload), key=key)
    report_started(target.client, accepted, output, watch=watch, verbose=verbose)


def _full_run(view: dict[str, Any]) -> Request:
    """The request that trains on all rows of an earlier run, reusing its rows and its tested grader."""
    start = {"run_id": view["run_id"], "stage": "training"}
    return {**view["request"], "mode": Mode.TRAIN.value, "start_from": start}


def _build_request(
    request: Request,
    *,
    name: str | None,
    task: str | None,
    dataset: str | None,
    grader: str | None,
    tags: Sequence[str],
    changes: Sequence[str],
) -> Request:
    options: dict[str, Any] = {"name": name, "dataset.task": task, "dataset.uri": dataset}
    if grader is not None:
        options["grader"] = {"lambda_arn" if grader.startswith("arn:") else "name": grader}
    if tags:
        options["tags"] = {**request.get("tags", {}), **dict(map(_parse_tag, tags))}
    given = [(path, value) for path, value in options.items() if value is not None]
    return with_fields(request, [*map(parse_assignment, changes), *given])


def _parse_tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise CommandError(f"--tag {text}: use KEY=VALUE")
    return key, value


def print_upload(local: LocalDataset, uri: str) -> None:
    """Prints what is uploaded, and its destination."""
    print_note(f"uploading {escape(str(local.path))} ({local.size:,} bytes) to {uri}")
