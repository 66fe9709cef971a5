"""A stack's API with runs in memory, for tests of code that uses the client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rft.contracts.ledger import RunStatus
from rft.contracts.telemetry import Rollout
from rft.runs.status import TERMINAL
from rft_cli.views.rewards import is_simulated
from tests.kit.fakes.api import ApiRequest, Reply
from tests.kit.records import RUN_ID
from tests.kit.reward_curves import curve
from tests.kit.views import line, view

OTHER_ID = RUN_ID.replace("1a2b3c4d", "0a2b3c4d")
WAITING_ID = RUN_ID.replace("1a2b3c4d", "2a2b3c4d")
ENDED_ID = RUN_ID.replace("1a2b3c4d", "3a2b3c4d")
NOT_FOUND = {"title": "Not found", "status": 404}


def trained_view(
    run_id: str, status: RunStatus = RunStatus.TRAINING, *, steps: int = 12, **parts: Any
) -> dict[str, Any]:
    """Return a run with rising rewards."""
    rewards = [0.3 + 0.4 * step / steps for step in range(steps)]
    metrics = curve(rewards, lambda step: 0.3 + 0.3 * step / steps, every=4).model_dump(mode="json")
    return {**view(status, metrics=metrics), "run_id": run_id, **parts}


def waiting_view(run_id: str, **parts: Any) -> dict[str, Any]:
    """Return a run that awaits approval."""
    approval = {
        "reasons": ["the request requires it"],
        "requested_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-11-27T12:00:00Z",
        "decision": None,
    }
    return {**view(RunStatus.AWAITING_APPROVAL), "run_id": run_id, "approval": approval, **parts}


def usual_runs() -> dict[str, dict[str, Any]]:
    """Return one run of each kind that users act on."""
    return {
        RUN_ID: trained_view(RUN_ID),
        OTHER_ID: trained_view(OTHER_ID, steps=8),
        WAITING_ID: waiting_view(WAITING_ID),
        ENDED_ID: {**view(RunStatus.FAILED), "run_id": ENDED_ID},
    }


@dataclass
class FakeStack:
    """`answer` is the callback of a FakeApi. If set, `fail` replaces every response."""

    runs: dict[str, dict[str, Any]] = field(default_factory=usual_runs)
    rollouts: list[Rollout] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    experiments: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 1000
    fail: Callable[[], Reply] | None = None
    changes: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, request: ApiRequest) -> Reply:
        if self.fail is not None:
            return self.fail()
        if request.path == "/runs":
            return self._start(request) if request.method == "POST" else self._list(request)
        if request.path.startswith("/experiments"):
            return self._experiments(request)
        run_id, _, part = request.path.removeprefix("/runs/").partition("/")
        if run_id not in self.runs:
            return 404, {**NOT_FOUND, "detail": f"Run {run_id} not found"}
        if request.method == "POST":
            return self._change(run_id, part, request.body)
        return {"": self._view, "rollouts": self._rollouts, "files": self._files, "report": self._report}[part](
            run_id, request
        )

    def _experiments(self, request: ApiRequest) -> Reply:
        experiment_id, _, part = request.path.removeprefix("/experiments").removeprefix("/").partition("/")
        if not experiment_id:
            lines = [{**each, "arms": len(each["arms"]), "running": 0, "conclusion": None, "best": []}
                     for each in self.experiments.values()]  # fmt: skip
            return 200, {"experiments": lines, "cursor": None}
        if experiment_id not in self.experiments:
            return 404, {**NOT_FOUND, "detail": f"Experiment {experiment_id} not found"}
        if part == "cancel":
            self.changes.append((part, experiment_id))
            self.experiments[experiment_id] |= {"status": "CANCELLED"}
        return 200, self.experiments[experiment_id]

    def _list(self, request: ApiRequest) -> Reply:
        lines = [
            {**line(number), "run_id": run_id, **{name: run[name] for name in ("status", "name", "reward")},
             "simulated": is_simulated(run["model_arn"])}
            for number, (run_id, run) in enumerate(self.runs.items())
        ]  # fmt: skip
        found = [each for each in lines if request.query.get("status") in (None, each["status"])]
        start, limit = int(request.query.get("cursor", "0")), int(request.query["limit"])
        end = start + limit
        return 200, {"runs": found[start:end], "cursor": str(end) if end < len(found) else None}

    def _view(self, run_id: str, _: ApiRequest) -> Reply:
        return 200, self.runs[run_id]

    def _rollouts(self, run_id: str, request: ApiRequest) -> Reply:
        start = int(request.query.get("cursor", "0"))
        end = start + min(self.page, int(request.query["limit"]))
        rows = [each.model_dump(mode="json") for each in self.rollouts[start:end]]
        cursor = str(end) if end < len(self.rollouts) else None
        return 200, {"run_id": run_id, "rollouts": rows, "unreadable": 0, "cursor": cursor}

    def _files(self, run_id: str, _: ApiRequest) -> Reply:
        return 200, {"run_id": run_id, "files": self.files, "cursor": None}

    def _report(self, run_id: str, request: ApiRequest) -> Reply:
        if request.query.get("format") == "html":
            return 200, b"<!doctype html><html lang=en><title>report</title><main><h1>The report</h1></main>"
        return 404, {**NOT_FOUND, "detail": f"{run_id} has no report"}

    def _start(self, request: ApiRequest) -> Reply:
        self.changes.append(("start", request.body))
        run_id = RUN_ID.replace("1a2b3c4d", "4a2b3c4d")
        self.runs[run_id] = {**view(RunStatus.PENDING), "run_id": run_id}
        return 202, {"run_id": run_id, "status": "PENDING", "links": {}}

    def _change(self, run_id: str, part: str, body: Any) -> Reply:
        if self.runs[run_id]["status"] in TERMINAL:
            return 409, {"title": "Conflict", "detail": f"{run_id} has ended", "status": 409}
        self.changes.append((part, body))
        after = RunStatus.CANCELLED if part == "cancel" else RunStatus.STARTING
        self.runs[run_id] = {**view(after), "run_id": run_id}
        return 200, self.runs[run_id]
