"""A run told line by line: each fact once, as soon as it is known. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rich.markup import escape

from rft_cli.views.evaluation import calibration_line, evaluation_line
from rft_cli.views.rewards import Rewards, StepReward, View, sparkline

TERMINAL = frozenset({"COMPLETED", "FAILED", "REJECTED", "CANCELLED"})
CHECK_MARKS = {
    "pass": "[green]✔[/]",
    "warn": "[yellow]![/]",
    "block": "[red]✘[/]",
    "skipped": "[dim]-[/]",
    "undecided": "[yellow]?[/]",
}

STATUS_COLOURS = {"COMPLETED": "green", "FAILED": "red", "REJECTED": "red", "CANCELLED": "yellow"}


class Narrator:
    """Remembers what was told of one run."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def lines(self, view: View) -> Iterator[str]:
        """What is new in `view` (the body of `GET /runs/{run_id}`), each stage followed by what it found out."""
        for event in view["timeline"]:
            for key, tell, source in _told_of(event, view):
                if key not in self._told:
                    self._told.add(key)
                    yield from tell(source)


def _told_of(event: View, view: View) -> Iterator[tuple[str, Callable[[View], Iterator[str]], View]]:
    """What there is to tell of a stage: each fact's name, how it is told, and of what."""
    stage = event["after"]
    yield stage, stage_line, event
    for part, tell in FINDINGS.get(stage, ()):
        if view.get(part) and not _is_running(view[part]):
            yield part, tell, view
    if stage == "TRAINING":
        for finding in view.get("breaker", ()):
            yield f"breaker/{finding['signal']}", breaker_line, finding


def _is_running(part: object) -> bool:
    """An evaluation is recorded while it is going on."""
    return isinstance(part, Mapping) and part.get("status") == "running"


def calibration_lines(view: View) -> Iterator[str]:
    """What the base model's own answers say."""
    yield f"          base      {calibration_line(view['calibration'])}"
    for warning in view["calibration"]["warnings"]:
        yield f"          [yellow]warning[/]   {escape(warning)}"


def evaluation_lines(view: View) -> Iterator[str]:
    """Whether the trained model is better."""
    yield f"          verdict   {evaluation_line(view['evaluation'])}"


def stage_line(event: View) -> Iterator[str]:
    """When a stage began, its name, and what is known of the change."""
    yield f"[dim]{event['at'][11:19]}[/]  [bold]{status_mark(event['after'])}[/]{detail(event)}"


def detail(event: View) -> str:
    """What is known of a change: its first line, as a failure's cause is told in full elsewhere."""
    first, *_ = event["detail"].splitlines() or [""]
    return f"  [dim]{escape(first)}[/]" if first else ""


def status_mark(status: str) -> str:
    """A status in the colour of how good it is."""
    colour = STATUS_COLOURS.get(status)
    return f"[{colour}]{status}[/]" if colour else status


def dataset_lines(view: View) -> Iterator[str]:
    """Splits, prompts and token figures."""
    dataset = view["dataset"]
    rows, groups, tokens = dataset["rows"], dataset["groups"], dataset["tokens"]
    yield "          splits    " + " · ".join(
        f"{split} {rows[split]} rows, {groups[split]} prompts" for split in ("train", "validation", "test")
    )
    if dataset["labels"]:
        yield "          labels    " + " · ".join(f"{label} {count}" for label, count in dataset["labels"].items())
    yield (
        f"          tokens    prompt min {tokens['min']} · mean {tokens['mean']:.0f} · P50 {tokens['p50']} · "
        f"P95 {tokens['p95']} · P99 {tokens['p99']} · max {tokens['max']} [dim](estimate, {tokens['encoding']})[/]"
    )
    for kind, count in dataset["warnings"].items():
        yield f"          [yellow]warning[/]   {kind}: {count}"
    if dataset["bad_records"]:
        yield f"          [yellow]left out[/]  {dataset['bad_records']} bad records, listed in the manifest"


def dataset_check_lines(view: View) -> Iterator[str]:
    """What the checks of the rows found that is no pass; how many passed."""
    checks = view["dataset_checks"]
    told = [check for check in checks if check["result"] in ("warn", "block")]
    passed = sum(check["result"] == "pass" for check in checks)
    yield f"          rows      {passed} of {len(checks)} checks passed"
    for check in told:
        yield f"          {CHECK_MARKS[check['result']]} {check['name']}: {escape(check['detail'])}"


def smoke_test_calls_lines(view: View) -> Iterator[str]:
    """What proving the grader is going to take at most, before it begins."""
    calls = view["smoke_test_calls"]
    yield (
        f"          asking    the grader about {calls['answers']:,} answers in {calls['invocations']:,} calls, "
        f"at most; {calls['right_answers']:,} of them right"
    )


def smoke_test_lines(view: View) -> Iterator[str]:
    """One line a check, then the two means."""
    report = view["smoke_test"]
    width = max((len(check["name"]) for check in report["checks"]), default=0)
    for check in report["checks"]:
        yield f"          {CHECK_MARKS[check['result']]} {check['name']:<{width}} {escape(check['detail'])}"
    if report["mean_right"] is not None and report["mean_wrong"] is not None:
        yield f"          scores    right {report['mean_right']:.3f} · wrong {report['mean_wrong']:.3f}"


def forecast_lines(view: View) -> Iterator[str]:
    """What the job is going to take; unknown where nobody knows."""
    forecast = view["forecast"]
    work = f"{forecast['steps']:,} steps · {_range(forecast['rollouts'])} rollouts"
    yield f"          forecast  {work} · {_range(forecast['judge_calls_in_all'])} judge calls [dim](estimate)[/]"
    yield f"          training  {_range(forecast['training_hours'], '.1f')} h [dim](estimate)[/]"
    cost = _range(forecast["cost_usd"], ",.2f", "$")
    yield f"          cost      {cost} [dim](prices of {forecast['prices_as_of']})[/]"
    for unknown in (what for line in forecast["cost"] for what in line["unknown"]):
        yield f"          [yellow]unknown[/]   {escape(unknown)}"
    for limit in forecast["limits"]:
        if limit["fits"] is False:
            needed, allowed = f"{limit['needed']:,.0f}", f"{limit['allowed']:,.0f}"
            name = limit["name"].replace("_", " ")
            yield f"          [yellow]too much[/]  {name}: {needed}, and {allowed} are allowed"
    for why in forecast["over_budget"]:
        yield f"          [yellow]over[/]      {escape(why)}"


def _range(numbers: Mapping[str, float | None] | None, form: str = ",.0f", unit: str = "") -> str:
    """From the least to the most, as far as they are known."""
    if numbers is None:
        return "unknown"
    low, high = (None if end is None else f"{unit}{end:{form}}" for end in (numbers["low"], numbers["high"]))
    if high is None:
        return f"at least {low}"
    if low == f"{unit}{0:{form}}" != high:
        return f"up to {high}"
    return f"{low}" if low == high else f"{low} to {high}"


def hyperparameter_lines(view: View) -> Iterator[str]:
    """Each hyperparameter with the reason for its value."""
    for name, choice in view["hyperparameters"].items():
        yield f"          {name:<24} {choice['value']!s:<8} [dim]{escape(choice['reason'])}[/]"


def approval_lines(view: View) -> Iterator[str]:
    """Why a person has to agree, until when, and how they do."""
    approval = view["approval"]
    for reason in approval["reasons"]:
        yield f"          [yellow]because[/]   {escape(reason)}"
    decision = approval["decision"]
    if decision is None:
        yield f"          [yellow]waiting[/]   for `rft approve {view['run_id']}` until {approval['expires_at'][:16]}Z"
    else:
        said = f"{'yes' if decision['approved'] else 'no'}, by {decision['by']}: {decision['comment']}"
        yield f"          answered  {escape(said.removesuffix(': '))}"


def breaker_line(finding: View) -> Iterator[str]:
    """A signal that crossed its threshold, and what that did."""
    mark = "[red]stopped[/] " if finding["action"] == "stop" else "[yellow]warning[/] "
    yield f"          {mark}  {finding['signal']}, step {finding['step']}: {escape(finding['said'])}"


def headline(view: View, seen: Rewards) -> str:
    """Where training is: its step and reward, or the job's phase and age while there are none."""
    if seen.points:
        last = seen.points[-1]
        return f"step {last.step}{f'/{seen.steps}' if seen.steps else ''} · reward {last.training:.3f}"
    job = view["job"]
    under_way = [name.replace("_", " ") for name, status in job["phases"].items() if status == "InProgress"]
    return f"{under_way[0] if under_way else job['status']} · {job['hours']:.1f} h"


def milestone(point: StepReward, seen: Rewards) -> str:
    """One validation, and the course of training up to it."""
    course = sparkline([p.training for p in seen.points if p.step <= point.step], width=20)
    return (
        f"          step {point.step:>4}  reward {point.training:.3f}  validation {point.validation:.3f}  "
        f"[green]{course}[/]"
    )


FINDINGS: Mapping[str, tuple[tuple[str, Callable[[View], Iterator[str]]], ...]] = {
    "PREPARING": (
        ("dataset", dataset_lines),
        ("dataset_checks", dataset_check_lines),
        ("hyperparameters", hyperparameter_lines),
    ),
    "SMOKE_TESTING": (
        ("smoke_test_calls", smoke_test_calls_lines),
        ("smoke_test", smoke_test_lines),
        ("forecast", forecast_lines),
    ),
    "CALIBRATING": (("calibration", calibration_lines), ("forecast", forecast_lines)),
    "EVALUATING": (("evaluation", evaluation_lines),),
    "AWAITING_APPROVAL": (("approval", approval_lines),),
}
"""Which parts of a view each stage fills, and how they are told."""
