"""`rft export`: a run's rows, grader and hyperparameters as a recipe of another trainer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
import yaml

from rft.contracts.http.api import RunView
from rft.contracts.run_request import HyperParameters
from rft.contracts.steps import PreparedDataset
from rft.text import text_line
from rft_cli.commands.options import OutputOption, RunId, with_target
from rft_cli.errors import CommandError
from rft_cli.exporters import EXPORTERS
from rft_cli.exporters.recipe import Recipe, TrainedRun, losses
from rft_cli.views.printing import Output, print_json, print_note
from rft_client.deployment import Deployment

UNKNOWN_ROLE = "<ARN of a role that Bedrock can assume>"

FormatOption = Annotated[
    str, typer.Option("--format", metavar="NAME", help=f"Trainer: {', '.join(EXPORTERS)}.", show_default=False)
]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", metavar="ARN", help="Role of the job. Default: the stack's BedrockRoleArn."),
]
CommandOption = Annotated[bool, typer.Option("--command", help="Print the command that starts the job instead.")]


@with_target()
def export(
    *,
    run_id: RunId,
    recipe_format: FormatOption,
    role: RoleOption = None,
    command: CommandOption = False,
    target: Deployment,
    output: OutputOption = Output.TEXT,
) -> None:
    """Write a run as a recipe of another trainer: the same rows, grader and hyperparameters.

    Unsupported settings are listed in comments at its head, and on stderr with --output json.
    """
    exporter = EXPORTERS.get(recipe_format)
    if exporter is None:
        raise CommandError(f"Unknown format {text_line(recipe_format)!r}; choose one of {', '.join(EXPORTERS)}")
    run = trained_run(target.client.run(run_id), role or target.output("BedrockRoleArn") or UNKNOWN_ROLE)
    recipe = exporter.export(run)
    if command:
        typer.echo(recipe.command)
    elif output == Output.JSON:
        for comment in comments(run, recipe):
            print_note(f"[dim]{comment}[/]")
        print_json(recipe.body)
    else:
        typer.echo(as_yaml(run, recipe), nl=False)


def trained_run(view: Mapping[str, Any], role_arn: str) -> TrainedRun:
    """The run of `GET /runs/{run_id}`. Raises CommandError if its dataset or grader is not ready yet."""
    run = RunView.model_validate(view)
    if run.grader_arn is None:
        raise CommandError(f"Run {run.run_id} has no grader yet; export it after its smoke test")
    if run.dataset is None:
        raise CommandError(f"Run {run.run_id} has no prepared dataset yet; export it after its smoke test")
    folder = run.dataset.manifest_uri.rpartition("/")[0]
    rows = run.dataset.rows
    chosen = {name: recommendation.value for name, recommendation in (run.hyperparameters or {}).items()}
    dataset = PreparedDataset(
        manifest_uri=run.dataset.manifest_uri,
        digest=run.dataset.digest,
        train_uri=f"{folder}/train-{rows['train']}.jsonl",
        validation_uri=f"{folder}/validation-{rows['validation']}.jsonl",
        train_rows=rows["train"],
        validation_rows=rows["validation"],
        hyperparameters=HyperParameters.model_validate(chosen),
    )
    return TrainedRun(
        run_id=run.run_id,
        request=run.request,
        dataset=dataset,
        grader_arn=run.grader_arn,
        role_arn=role_arn,
        output_uri=f"{folder.rpartition('/')[0]}/output/",
        hyperparameters={**chosen, **run.request.hyperparameters.model_dump(exclude_none=True)},
    )


def comments(run: TrainedRun, recipe: Recipe) -> list[str]:
    """The recipe's header: its origin, unsupported settings, and values that the run does not set."""
    lost = [f"  {text_line(line)}" for line in losses(run, recipe)]
    assumed = [f"  {line}" for line in recipe.assumptions]
    return [
        f"From run {run.run_id}, dataset {run.dataset.digest}.",
        *(["Not in this recipe:", *lost] if lost else []),
        *(["Not decided by the run:", *assumed] if assumed else []),
    ]


def as_yaml(run: TrainedRun, recipe: Recipe) -> str:
    head = "".join(f"# {line}\n" for line in comments(run, recipe))
    return head + yaml.safe_dump(recipe.body, sort_keys=False, allow_unicode=True)
