"""The current step of a run, for a progress bar. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rft_cli.views.rewards import Rewards, View, rewards_of

WAITING = {
    "PENDING": ("pending", "waiting for the state machine"),
    "PREPARING": ("dataset", "reading, checking and splitting the records"),
    "CALIBRATING": ("baseline", "grading answers of the base model"),
    "STARTING": ("starting", "waiting for Bedrock to accept the job"),
    "EVALUATING": ("evaluation", "comparing the trained model with the base model"),
}
"""Status → label and text of the bar, for statuses without measurable progress."""


@dataclass(frozen=True)
class Step:
    """`completed` of `total`; without a total, the bar is indeterminate."""

    name: str
    description: str
    completed: int = 0
    total: int | None = None


def current_step(view: View, max_steps: int | None = None) -> Step | None:
    """The run's current step; None while it waits for approval and after its end.

    `max_steps`: the emulator's maximum of training steps per job.
    """
    status = view["status"]
    if status == "STARTING" and view.get("queue_ahead") is not None:
        return Step("queue", _queue(view))
    if status in WAITING:
        return Step(*WAITING[status])
    if status == "SMOKE_TESTING":
        return Step("checks", _probes(view))
    if status == "TRAINING":
        return _training(view, rewards_of(view), max_steps)
    return None


def _queue(view: View) -> str:
    """The place in the queue; the event line shows the start of the wait."""
    ahead = view["queue_ahead"]
    return f"waiting for the quota of jobs, {f'{ahead} ahead' if ahead else 'next in line'}"


def _probes(view: View) -> str:
    """The number of planned probe answers, until the report is available."""
    calls = view.get("smoke_test_calls")
    if not calls or view.get("smoke_test"):
        return "forecasting" if view.get("smoke_test") else "planning probes"
    return f"scoring {calls['answers']:,} probe answers"


def _training(view: View, rewards: Rewards, max_steps: int | None) -> Step:
    if rewards.points:
        last = rewards.points[-1]
        total = _total(rewards, max_steps)
        of = f"/{total}" if total else ""
        return Step("training", f"step {last.step}{of} · reward {last.training:.3f}", last.step, total)
    job = view.get("job")
    if not job:
        return Step("training", "waiting for the job")
    phases = [name.replace("_", " ") for name, status in job["phases"].items() if status == "InProgress"]
    return Step("training", f"{phases[0] if phases else job['status']} · {job['hours']:.1f} h")


def _total(rewards: Rewards, max_steps: int | None) -> int | None:
    """A simulated job may run fewer steps than planned: without `max_steps`, their number is unknown (None)."""
    if not rewards.simulated:
        return rewards.steps
    return min(rewards.steps or max_steps, max_steps) if max_steps else None
