"""`rft evaluate`, `rft promote`, `rft retry` and `rft round`: runs that reuse results of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from rft.contracts.run_request import Mode
from rft.grading.grader_arn import is_pinned
from rft_cli.commands.options import OutputOption, RunId, Verbose, with_target
from rft_cli.commands.submit import DatasetOption, KeyOption, print_upload
from rft_cli.commands.watch import report_started
from rft_cli.views.printing import Output, print_note
from rft_client.dataset import with_uploaded_dataset
from rft_client.deployment import Deployment
from rft_client.request import Request, parse_assignment, validated, with_fields


class Stage(StrEnum):
    """Stages at which a run can resume."""

    SMOKE_TEST = "smoke_test"
    TRAINING = "training"
    EVALUATION = "evaluation"


Watch = Annotated[bool, typer.Option("--watch", "-w", help="Follow the run until it ends.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set another field, e.g. evaluation.rows=200. Repeatable."),
]

OF_THE_RUN_ITSELF = ("start_from", "from_run")
"""Sections of a request that a round does not inherit."""

OF_THE_RECORDS = ("uri", "version", "max_samples")
"""Fields of `dataset` that select the records to read."""


@with_target()
def evaluate(
    *,
    run_id: RunId,
    target: Deployment,
    changes: Changes = None,
    watch: Watch = False,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Evaluate a run's model again, in a new run, and print that run's ID."""
    fields = [("start_from", {"run_id": run_id, "stage": "evaluation"}), ("promotion", None)]
    _start(
        target, run_id, [*fields, *map(parse_assignment, changes or ())], watch=watch, verbose=verbose, output=output
    )


@with_target()
def promote(
    *,
    run_id: RunId,
    target: Deployment,
    deployment: Annotated[str, typer.Option("--to", metavar="DEPLOYMENT", help="The deployment that it takes over.")],
    always: Annotated[bool, typer.Option("--always", help="Promote whatever the verdict.")] = False,
    watch: Watch = False,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Promote a run's model to a deployment, in a new run, and print that run's ID."""
    promotion = {"deployment": deployment, "when": "always" if always else "better"}
    fields: list[tuple[str, Any]] = [
        ("start_from", {"run_id": run_id, "stage": "promotion"}),
        ("promotion", promotion),
        ("evaluation.enabled", True),
    ]
    _start(target, run_id, fields, watch=watch, verbose=verbose, output=output)


@with_target()
def retry(
    *,
    run_id: RunId,
    target: Deployment,
    stage: Annotated[
        Stage | None, typer.Option("--from", help="Stage to begin at. Default: the last one that the run has reached.")
    ] = None,
    changes: Changes = None,
    watch: Watch = False,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Repeat a run in a new run that reuses its completed stages, and print that run's ID."""
    earlier = target.client.run(run_id)
    first = stage.value if stage else last_stage(earlier)
    start = {"run_id": run_id, "stage": first} if first else None
    request = validated(with_fields(earlier["request"], [("start_from", start), *map(parse_assignment, changes or ())]))
    if output is Output.TEXT:
        print_note(f"Begins at {first} of {run_id}" if first else f"{run_id} has proven nothing: begins at the dataset")
    accepted = target.client.start_run(request)
    report_started(target.client, accepted, output, watch=watch, verbose=verbose)


@with_target(bucket=True)
def start_round(
    *,
    run_id: RunId,
    target: Deployment,
    dataset: DatasetOption = None,
    changes: Changes = None,
    key: KeyOption = None,
    watch: Watch = False,
    verbose: Verbose = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Train again on a run's rows, without those it has learned, and print the new run's ID."""
    request = with_fields(round_request(target.client.run(run_id), dataset), map(parse_assignment, changes or ()))
    accepted = target.client.start_run(with_uploaded_dataset(request, target, announce=print_upload), key=key)
    report_started(target.client, accepted, output, watch=watch, verbose=verbose)


def round_request(view: dict[str, Any], dataset: str | None) -> Request:
    """The run's request as the next round's; `dataset` has additional records."""
    request = {name: part for name, part in view["request"].items() if name not in OF_THE_RUN_ITSELF}
    request |= {"mode": Mode.TRAIN.value, "from_run": {"run_id": view["run_id"]}}
    if dataset is None:
        return request
    same = {name: value for name, value in request["dataset"].items() if name not in OF_THE_RECORDS}
    return {**request, "dataset": {**same, "uri": dataset}}


def last_stage(view: Mapping[str, Any]) -> str:
    """The last stage at which a run can resume; '' if nothing is reusable."""
    if view["status"] == "COMPLETED" and view["model_arn"]:
        return Stage.EVALUATION.value
    if (view["smoke_test"] or {}).get("trusted") and is_pinned(view["grader_arn"] or ""):
        return Stage.TRAINING.value
    return Stage.SMOKE_TEST.value if view["dataset"] else ""


def _start(
    target: Deployment,
    run_id: str,
    fields: list[tuple[str, Any]],
    *,
    watch: bool,
    verbose: bool,
    output: Output,
) -> None:
    request = validated(with_fields(target.client.run(run_id)["request"], fields))
    accepted = target.client.start_run(request)
    report_started(target.client, accepted, output, watch=watch, verbose=verbose)
