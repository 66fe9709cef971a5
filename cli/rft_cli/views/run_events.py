"""Renders a run's progress: each stage and finding once. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from rich.markup import escape

from rft_cli.views.checks import check_lines
from rft_cli.views.evaluation import calibration_lines, evaluation_lines
from rft_cli.views.forecast import forecast_lines
from rft_cli.views.lines import HANG, principal_text, stage_field
from rft_cli.views.rewards import Rewards, StepReward, View, sparkline

TERMINAL = frozenset({"COMPLETED", "FAILED", "REJECTED", "CANCELLED"})
BRIEF = frozenset({"PENDING", "STARTING"})
"""Short stages without results: shown in the progress bar, and as a line only with --verbose."""
STATUS_COLOURS = {"COMPLETED": "green", "FAILED": "red", "REJECTED": "red", "CANCELLED": "yellow"}
MAIN_SETTINGS = {
    "batchSize": "batch",
    "epochCount": "epochs",
    "trainingSamplePerPrompt": "samples",
    "learningRate": "learning rate",
}
"""Hyperparameters shown without --verbose."""


class Render(Protocol):
    """Renders a view, or a part of it."""

    def __call__(self, view: View, /, *, verbose: bool) -> Iterator[str]:
        """Returns lines of rich markup; with `verbose`, all details."""


class RunEventPrinter:
    """Renders what is new in successive views of one run. `verbose`: all checks, settings and statistics."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._emitted: set[str] = set()

    def lines(self, view: View) -> Iterator[str]:
        """Lines for new parts of `view` (the body of `GET /runs/{run_id}`): each stage, followed by its findings."""
        for event in view["timeline"]:
            for key, render, source in _facts(event, view):
                if key not in self._emitted:
                    self._emitted.add(key)
                    yield from render(source, verbose=self._verbose)


def _facts(event: View, view: View) -> Iterator[tuple[str, Render, View]]:
    """A stage and its findings as (key for deduplication, renderer, input of the renderer)."""
    stage = event["after"]
    yield stage, stage_line, event
    for part, render in FINDINGS.get(stage, ()):
        if view.get(part) and not _is_running(view[part]) and not _is_of_calibration(part, stage, view):
            yield part, render, view
    if stage == "STARTING" and view.get("queue_ahead") is not None:
        yield f"queue/{view['queue_ahead']}", queue_line, view
    if stage == "TRAINING":
        for finding in view.get("breaker", ()):
            yield f"breaker/{finding['signal']}", breaker_line, finding


def _is_running(part: object) -> bool:
    """Whether an evaluation is still running; running ones are recorded too."""
    return isinstance(part, Mapping) and part.get("status") == "running"


def _is_of_calibration(part: str, stage: str, view: View) -> bool:
    """Whether a forecast belongs to the stage CALIBRATING: runs with calibration are forecast after it."""
    calibrated = any(event["after"] == "CALIBRATING" for event in view["timeline"])
    return part == "forecast" and stage == "SMOKE_TESTING" and calibrated


def stage_line(event: View, *, verbose: bool) -> Iterator[str]:
    """Start time, name and detail of a stage; a failure's cause is part of the run's result instead."""
    if event["after"] in BRIEF and not verbose:
        return
    about = "" if event["after"] in TERMINAL else detail(event)
    yield f"[dim]{event['at'][11:19]}[/]  [bold]{status_mark(event['after'])}[/]{f'  {HANG}{about}' if about else ''}"


def detail(event: View) -> str:
    """First line of an event's detail."""
    first, *_ = event["detail"].splitlines() or [""]
    return f"[dim]{escape(first)}[/]" if first else ""


def status_mark(status: str) -> str:
    """A status, coloured by success, failure or progress."""
    colour = STATUS_COLOURS.get(status)
    return f"[{colour}]{status}[/]" if colour else status


def dataset_lines(view: View, *, verbose: bool) -> Iterator[str]:
    """Rows by split and prompt lengths; with `verbose`, also labels and percentiles."""
    dataset = view["dataset"]
    rows, groups, tokens = dataset["rows"], dataset["groups"], dataset["tokens"]
    splits = ("train", "validation", "test")
    prompts = ", ".join(str(groups[split]) for split in splits)
    yield stage_field("rows", " · ".join(f"{split} {rows[split]}" for split in splits) + f" ({prompts} prompts)")
    yield stage_field("tokens", f"{tokens['min']}–{tokens['max']} per prompt, P95 {tokens['p95']} [dim](estimate)[/]")
    if verbose:
        yield stage_field(
            "", f"mean {tokens['mean']:.0f} · P50 {tokens['p50']} · P99 {tokens['p99']} · {tokens['encoding']}"
        )
        if dataset["labels"]:
            yield stage_field("labels", " · ".join(f"{label} {count}" for label, count in dataset["labels"].items()))
        for kind, count in dataset["warnings"].items():
            yield stage_field("warning", f"{kind}: {count}", style="yellow")
    if dataset["bad_records"]:
        yield stage_field("skipped", f"{dataset['bad_records']} bad records, listed in the manifest", style="yellow")


def dataset_check_lines(view: View, *, verbose: bool) -> Iterator[str]:
    odd = sum(view["dataset"]["warnings"].values()) if view["dataset"] else 0
    note = f"{odd} odd {'record' if odd == 1 else 'records'}" if odd else ""
    yield from check_lines("row checks", view["dataset_checks"], verbose=verbose, note=note)


def hyperparameter_lines(view: View, *, verbose: bool) -> Iterator[str]:
    """One line of hyperparameters; with `verbose`, one line each with the reason for its value."""
    chosen = view["hyperparameters"]
    if not verbose:
        shown = [f"{label} {chosen[name]['value']}" for name, label in MAIN_SETTINGS.items() if name in chosen]
        yield stage_field("settings", " · ".join(shown))
        return
    width = max(map(len, chosen), default=0)
    for number, (name, choice) in enumerate(chosen.items()):
        label = "" if number else "settings"
        yield stage_field(label, f"{name:<{width}}  {choice['value']!s:<6} [dim]{escape(choice['reason'])}[/]")


def smoke_test_call_lines(view: View, *, verbose: bool) -> Iterator[str]:
    """Planned probe answers and maximum grader calls of the smoke test; no lines without `verbose`."""
    calls = view["smoke_test_calls"]
    if verbose:
        yield stage_field(
            "probes",
            f"scoring {calls['answers']:,} probe answers ({calls['right_answers']:,} known correct) "
            f"in up to {calls['invocations']:,} grader calls",
        )


def smoke_test_lines(view: View, *, verbose: bool) -> Iterator[str]:
    """Checks, then mean scores of right and wrong answers."""
    report = view["smoke_test"]
    calls = view.get("smoke_test_calls")
    note = f"{calls['answers']:,} probe answers" if calls and not verbose else ""
    yield from check_lines("checks", report["checks"], verbose=verbose, note=note)
    if report["mean_right"] is not None and report["mean_wrong"] is not None:
        yield stage_field("scores", f"right {report['mean_right']:.3f} · wrong {report['mean_wrong']:.3f}")


def approval_lines(view: View, **_: bool) -> Iterator[str]:
    """Reasons for the approval, and the decision or the commands to decide."""
    approval = view["approval"]
    for reason in approval["reasons"]:
        yield stage_field("because", escape(reason), style="yellow")
    decision = approval["decision"]
    if decision is None:
        until = f"{approval['expires_at'][:16].replace('T', ' ')}Z"
        yield stage_field("waiting", f"for `rft approve {view['run_id']}`, until {until}", style="yellow")
    else:
        yield stage_field("decision", "approved" if decision["approved"] else "rejected")
        yield stage_field("caller", escape(principal_text(decision["caller"])))
        yield stage_field("name", f"{escape(decision['by'])} [dim](as given)[/]")
        if decision["comment"]:
            yield stage_field("comment", escape(decision["comment"]))


def queue_line(view: View, **_: bool) -> Iterator[str]:
    """For a run queued for the job quota: number of runs ahead, start and deadline of the wait."""
    ahead, place = view["queue_ahead"], view["queue"]
    first = "first in the queue" if ahead == 0 else f"{ahead} {'run' if ahead == 1 else 'runs'} ahead"
    since, until = (f"{place[key][:16].replace('T', ' ')}Z" for key in ("since", "expires_at"))
    yield stage_field("waiting", f"for the quota of jobs: {first}, since {since}, until {until}", style="yellow")


def breaker_line(finding: View, **_: bool) -> Iterator[str]:
    """A signal that exceeded its threshold, and the action taken."""
    label, style = ("stopped", "red") if finding["action"] == "stop" else ("warning", "yellow")
    message = escape(f"{finding['signal']}, step {finding['step']}: {finding['message']}")
    yield stage_field(label, message, style=style)


def milestone(point: StepReward, rewards: Rewards) -> str:
    """One validation reward, with a sparkline of the rewards up to it."""
    curve = sparkline([p.training for p in rewards.points if p.step <= point.step], width=20)
    return stage_field(
        f"step {point.step:>4}", f"reward {point.training:.3f}  validation {point.validation:.3f}  [green]{curve}[/]"
    )


FINDINGS: Mapping[str, tuple[tuple[str, Render], ...]] = {
    "PREPARING": (
        ("dataset", dataset_lines),
        ("dataset_checks", dataset_check_lines),
        ("hyperparameters", hyperparameter_lines),
    ),
    "SMOKE_TESTING": (
        ("smoke_test_calls", smoke_test_call_lines),
        ("smoke_test", smoke_test_lines),
        ("forecast", forecast_lines),
    ),
    "CALIBRATING": (("calibration", calibration_lines), ("forecast", forecast_lines)),
    "EVALUATING": (("evaluation", evaluation_lines),),
    "AWAITING_APPROVAL": (("approval", approval_lines),),
}
"""Stage → the view's parts that it fills, with their renderers. Register new parts here."""
