"""`rft submit` and `rft preflight`: a run from options, from a file, or from both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from rft.contracts.run_request import Mode
from rft_cli.client.deployment import Deployment, deployment
from rft_cli.client.request import Request, assignment, checked, read_request, with_changes
from rft_cli.client.upload import LocalDataset, is_local, local_dataset
from rft_cli.commands.options import ApiUrl, Bucket, OutputOption, Region, Stack
from rft_cli.commands.watch import watch_run
from rft_cli.errors import CommandError
from rft_cli.views.printing import Output, note, print_json

PREFLIGHT = "preflight"


def submit(
    *,
    context: typer.Context,
    request: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A request in JSON or YAML; options change it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The run's name.")] = None,
    task: Annotated[
        str | None, typer.Option(help="The dataset's task: pandalm, gsm8k, finqa, code, rubric, rft.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="A file here, which is uploaded first, or an address (s3://, https://).")
    ] = None,
    grader: Annotated[str | None, typer.Option(help="Name or Lambda ARN. Default: the task's own.")] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A tag; may be repeated.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Any other field, as hyperparameters.epochCount=2."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: the same request with it meets the same run.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the run to its end.")] = False,
    api_url: ApiUrl = None,
    stack: Stack = None,
    region: Region = None,
    bucket: Bucket = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Start a run and print its id."""
    asked = _asked(
        read_request(request) if request else {},
        name=name,
        task=task,
        dataset=dataset,
        grader=grader,
        tags=tag or (),
        changes=changes or (),
    )
    if context.info_name == PREFLIGHT:
        asked["mode"] = Mode.PREFLIGHT.value
    target = deployment(api_url=api_url, stack=stack, region=region, bucket=bucket)
    accepted = target.plane.start_run(_with_dataset_in_place(asked, target), key=key)
    if watch:
        note(f"started {accepted['run_id']}")
        raise typer.Exit(watch_run(target, accepted["run_id"], output))
    if output == Output.JSON:
        print_json(accepted)
    else:
        typer.echo(accepted["run_id"])


def _asked(
    request: Request,
    *,
    name: str | None,
    task: str | None,
    dataset: str | None,
    grader: str | None,
    tags: Sequence[str],
    changes: Sequence[str],
) -> Request:
    """The request of a file, changed by what the options say."""
    options: dict[str, Any] = {"name": name, "dataset.task": task, "dataset.uri": dataset}
    if grader is not None:
        options["grader"] = {"lambda_arn" if grader.startswith("arn:") else "name": grader}
    if tags:
        options["tags"] = {**request.get("tags", {}), **dict(map(_tag, tags))}
    given = [(path, value) for path, value in options.items() if value is not None]
    return with_changes(request, [*map(assignment, changes), *given])


def _tag(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise CommandError(f"--tag {text}: write KEY=VALUE")
    return key, value


def _with_dataset_in_place(asked: Request, target: Deployment) -> Request:
    """The request, checked in full before a dataset that is on this machine is uploaded."""
    local = _local(asked)
    if local is None:
        return checked(asked)
    ready = checked(with_changes(asked, [("dataset.uri", local.uri(target.bucket))]))
    note(f"uploading {escape(str(local.path))} ({local.size:,} bytes) to {local.uri(target.bucket)}")
    local.upload(target.s3(), target.bucket)
    return ready


def _local(asked: Request) -> LocalDataset | None:
    """The dataset on this machine that a request names; None where it names an address, or nothing."""
    dataset = asked.get("dataset")
    uri, task = (dataset.get("uri"), dataset.get("task")) if isinstance(dataset, dict) else (None, None)
    return local_dataset(Path(uri), str(task)) if isinstance(uri, str) and is_local(uri) else None
