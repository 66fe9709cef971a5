"""A run in a few lines: what was asked, what came out. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from rich.markup import escape

from rft.grading.grader_arn import is_pinned
from rft_cli.views.evaluation import calibration_line, evaluation_line
from rft_cli.views.rewards import Rewards, View, is_simulated, rewards_of, sparkline
from rft_cli.views.run_events import TERMINAL, Narrator, status_mark

OTHER_RESULTS = {"warn": "warned", "skipped": "not done"}
SIMULATED = "[yellow](simulated)[/]"


def summary_lines(view: View) -> Iterator[str]:
    """One line each: status, splits, smoke test, reward, model, failure; only what there is."""
    for name, value in _summary(view):
        yield f"[bold]{name:<12}[/]{value}"


def run_lines(view: View) -> Iterator[str]:
    """All there is: what was asked, each stage with what it found out, and the summary."""
    for name, value in _asked(view):
        yield f"[bold]{name:<12}[/]{escape(value)}"
    yield ""
    yield from Narrator().lines(view)
    yield ""
    yield from summary_lines(view)
    for name, address in view["links"].items():
        if address.startswith("s3://"):
            yield f"[bold]{name.replace('_', ' '):<12}[/]{address}"


def outcome_line(view: View) -> str:
    """How a run ended that is not COMPLETED, in one line."""
    failure = view["failure"]
    if not failure:
        return f"run {view['run_id']} {view['status']}"
    why = ": ".join((failure["error"], *failure["cause"].splitlines()[:1]))
    return f"run {view['run_id']} {view['status']} in {failure['stage']}: {escape(why)}"


def _asked(view: View) -> Iterator[tuple[str, str]]:
    request = view["request"]
    dataset, split = request["dataset"], request["dataset"]["split"]
    yield "name", view["name"]
    yield "created", f"{view['created_at'][:19].replace('T', ' ')}Z, {_age(view)}"
    yield "dataset", f"{dataset['uri']} (task {dataset['task']}, {split['strategy']} split, seed {split['seed']})"
    grader = request["grader"] or {}
    resolved = view["grader_arn"]
    yield "grader", resolved or grader.get("name") or grader.get("lambda_arn") or "the task's own"
    if resolved and not is_pinned(resolved):
        yield "grader version", "none: its code can change while the job trains"
    yield "mode", f"{request['mode']}, {request['max_training_hours']:g} h of training at most"
    if request["tags"]:
        yield "tags", ", ".join(f"{key}={value}" for key, value in request["tags"].items())


def _age(view: View) -> str:
    """How long a run took, or how long ago it last changed."""
    begun, changed = (datetime.fromisoformat(view[key]) for key in ("created_at", "updated_at"))
    return f"{'ended' if view['status'] in TERMINAL else 'last change'} after {(changed - begun).total_seconds():.0f} s"


def _summary(view: View) -> Iterator[tuple[str, str]]:
    yield "run", f"{view['run_id']}  {status_mark(view['status'])}"
    if view["dataset"]:
        yield "splits", " · ".join(f"{split} {rows}" for split, rows in view["dataset"]["rows"].items())
    if view["smoke_test"]:
        yield "smoke test", escape(_smoke_test_line(view["smoke_test"]))
    if view.get("calibration"):
        yield "calibration", calibration_line(view["calibration"])
    yield from _course(view)
    if view.get("evaluation"):
        yield "evaluation", evaluation_line(view["evaluation"])
    if view["model_arn"]:
        yield "model", f"{view['model_arn']}{f' {SIMULATED}' if is_simulated(view['model_arn']) else ''}"
    for finding in view.get("breaker", ()):
        yield "breaker", escape(f"{finding['action']}: {finding['said']}")
    if view["failure"]:
        failure = view["failure"]
        yield "failure", escape(f"{failure['error']} in {failure['stage']}: {failure['cause']}")


def _course(view: View) -> Iterator[tuple[str, str]]:
    """What training and validation earned, and how much of it could not be graded."""
    rewards = rewards_of(view)
    if rewards.points:
        yield "reward", _reward_line(rewards)
    held_out = [point.validation for point in rewards.points if point.validation is not None]
    if held_out:
        yield "validation", f"{held_out[0]:.3f} → {held_out[-1]:.3f}  [green]{sparkline(held_out)}[/]"
    if view.get("metrics"):
        rollouts, errors = view["metrics"]["rollouts"], view["metrics"]["errors"]
        yield "rollouts", f"{rollouts:,} graded, {errors:,} of them without a score [dim](steps are an estimate)[/]"
        for each in view["metrics"].get("error_reasons", ()):
            yield "no score", escape(f"{each['count']:,} times {each['reason']}, for example {each['example']}")


def _reward_line(rewards: Rewards) -> str:
    values, steps = [point.training for point in rewards.points], rewards.points[-1].step
    simulated = f" {SIMULATED}" if rewards.simulated else ""
    return f"{values[0]:.3f} → {values[-1]:.3f} in {steps} steps{simulated}  [green]{sparkline(values)}[/]"


def _smoke_test_line(report: View) -> str:
    if not report["trusted"]:
        return "grader not trusted: " + "; ".join(report["reasons"])
    verdicts = Counter(check["result"] for check in report["checks"])
    others = [f"{verdicts[verdict]} {words}" for verdict, words in OTHER_RESULTS.items() if verdicts[verdict]]
    passed = f"{verdicts['pass']} of {len(report['checks'])} checks passed"
    return ", ".join(["grader trusted", passed, *others])
