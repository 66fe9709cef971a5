"""Renders a run's request and result. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.markup import escape

from rft.grading.grader_arn import is_pinned
from rft_cli.views.evaluation import evaluation_text
from rft_cli.views.lines import SIMULATED, principal_text, summary_field
from rft_cli.views.pilot import pilot_lines
from rft_cli.views.rewards import Rewards, View, is_simulated, rewards_of, sparkline
from rft_cli.views.rounds import round_lines
from rft_cli.views.run_events import TERMINAL, RunEventPrinter, status_mark
from rft_cli.views.times import duration

CURVE_WIDTH = 24


def summary_lines(view: View) -> Iterator[str]:
    """The run's result, to follow its stages: rewards, model and failure, as far as they exist."""
    yield summary_field("run", f"{view['run_id']}  {status_mark(view['status'])}")
    yield from result_lines(view)


def result_lines(view: View) -> Iterator[str]:
    """The result without the run's own line; the only place that shows a failure."""
    yield from _reward_lines(view)
    if view.get("evaluation"):
        yield summary_field("verdict", evaluation_text(view["evaluation"]))
    yield from round_lines(view)
    if (view.get("pilot") or {}).get("verdict"):
        yield from pilot_lines(view["pilot"])
    if view["model_arn"]:
        yield summary_field("model", f"{view['model_arn']}{f' {SIMULATED}' if is_simulated(view['model_arn']) else ''}")
    if view["failure"]:
        failure = view["failure"]
        yield summary_field("failure", escape(f"{failure['error']} in {failure['stage']}"))
        yield summary_field("", escape(_cause(view)))
        if failure.get("caller"):
            yield summary_field("by", escape(principal_text(failure["caller"])))


def _cause(view: View) -> str:
    """The failure's cause. For a rejected grader, only names of checks, because their details are shown above."""
    checks = (view.get("smoke_test") or {}).get("checks", ())
    blocked = [check["name"] for check in checks if check["result"] == "block"]
    if view["failure"]["error"] != "GraderNotTrusted" or not blocked:
        return str(view["failure"]["cause"])
    count = f"{len(blocked)} checks" if len(blocked) > 1 else "1 check"
    return f"{count} blocked: {', '.join(blocked)}; --verbose shows each in full"


def run_lines(view: View, *, verbose: bool = False) -> Iterator[str]:
    """The complete run: request, stages with findings, result, and location of files."""
    for name, value in _request_fields(view):
        yield summary_field(name, escape(value))
    yield ""
    yield from RunEventPrinter(verbose=verbose).lines(view)
    results = list(result_lines(view))
    files = [
        summary_field(name.replace("_", " "), address)
        for name, address in view["links"].items()
        if address.startswith("s3://")
    ]
    yield from ["", *results, *files] if results or files else []


def _request_fields(view: View) -> Iterator[tuple[str, str]]:
    request = view["request"]
    dataset, split = request["dataset"], request["dataset"]["split"]
    yield "run", f"{view['run_id']}  {view['status']}"
    yield "created", f"{view['created_at'][:19].replace('T', ' ')}Z, {_elapsed(view)}"
    if view.get("requested_by"):
        yield "started by", principal_text(view["requested_by"])
    if request.get("start_from"):
        yield "begins at", f"{request['start_from']['stage']} of {request['start_from']['run_id']}"
    yield "dataset", dataset["uri"]
    yield "task", f"{dataset['task']}, {split['strategy']} split, seed {split['seed']}"
    grader = request["grader"] or {}
    resolved = view["grader_arn"]
    yield "grader", resolved or grader.get("name") or grader.get("lambda_arn") or "the task's grader"
    if resolved and not is_pinned(resolved):
        yield "version", "none: the grader's code can change while the job trains"
    trains = request["mode"] != "preflight"
    yield "mode", request["mode"] + (f", max {request['max_training_hours']:g} h of training" if trains else "")
    if request["tags"]:
        yield "tags", ", ".join(f"{key}={value}" for key, value in request["tags"].items())


def _elapsed(view: View) -> str:
    created, changed = (datetime.fromisoformat(view[key]) for key in ("created_at", "updated_at"))
    return f"{'took' if view['status'] in TERMINAL else 'last change after'} {duration(changed - created)}"


def _reward_lines(view: View) -> Iterator[str]:
    rewards = rewards_of(view)
    if rewards.points:
        yield summary_field("reward", _reward_line(rewards))
    validations = [point.validation for point in rewards.points if point.validation is not None]
    if validations:
        curve = f"[green]{sparkline(validations, CURVE_WIDTH)}[/]{_mark(rewards)}"
        yield summary_field("validation", f"{validations[0]:.3f} → {validations[-1]:.3f}  {curve}")
    metrics = view.get("metrics")
    if metrics and metrics["errors"]:
        yield summary_field("rollouts", f"{metrics['errors']:,} of {metrics['rollouts']:,} without a score")
        for each in metrics.get("error_reasons", ()):
            yield summary_field("no score", escape(f"{each['count']:,}× {each['reason']}, e.g. {each['example']}"))


def _reward_line(rewards: Rewards) -> str:
    values, last = [point.training for point in rewards.points], rewards.points[-1].step
    shortened = rewards.simulated and rewards.steps and last < rewards.steps
    steps = f"{last} of {rewards.steps} steps" if shortened else f"{last} steps"
    return f"{values[0]:.3f} → {values[-1]:.3f}  [green]{sparkline(values, CURVE_WIDTH)}[/]  {steps}{_mark(rewards)}"


def _mark(rewards: Rewards) -> str:
    return f" {SIMULATED}" if rewards.simulated else ""
