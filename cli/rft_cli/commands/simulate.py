"""`rft simulate`: trains the simulated policy against a grader before a run costs anything."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rft.contracts.base import RunId
from rft_cli.errors import CommandError
from rft_cli.graders.grader_under_test import open_grader
from rft_cli.graders.local_rows import known_task, local_rows
from rft_cli.graders.simulation import SimulationInput, input_from_rows, input_from_run, simulation_report
from rft_cli.views.printing import Output, console_for, print_json
from rft_cli.views.simulation_report import print_simulation
from rft_client.deployment import Deployment

_RUN_ID: TypeAdapter[str] = TypeAdapter(RunId)


def run_simulation(
    source: str, *, grader: str | None, task: str | None, steps: int, seed: int, target: Deployment, output: Output
) -> int:
    """Print the result of a simulation on a file's or a run's rows; 0 only if the policy learns.

    Raises CommandError, ApiError, DatasetInvalid, OSError.
    """
    simulation_input = _input(source, grader=grader, task=task, target=target)
    chosen = grader or simulation_input.grader
    if chosen is None:
        raise CommandError(f"Task {simulation_input.task} has no default grader; pass --grader")
    report = simulation_report(open_grader(chosen), simulation_input, steps=steps, seed=seed)
    if output == Output.JSON:
        print_json(report)
    else:
        print_simulation(console_for(output), report)
    return 0 if report["verdict"]["outcome"] == "learns" else 1


def _input(source: str, *, grader: str | None, task: str | None, target: Deployment) -> SimulationInput:
    if not Path(source).is_file():
        return input_from_run(target, _run_id(source))
    name = task or grader
    if name is None:
        raise CommandError(f"The task of {source} is unknown; pass --task")
    return input_from_rows(local_rows(Path(source), known_task(name)), name)


def _run_id(text: str) -> str:
    try:
        return _RUN_ID.validate_python(text)
    except ValidationError as error:
        raise CommandError(f"{text} is neither a file nor a run ID") from error
