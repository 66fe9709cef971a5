"""The console in headless Chromium: silent, accessible, by the keyboard alone, and live."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft_client.api_client import ApiClient
from rft_console.server import console_server
from tests.kit.browser import needs_browser, observed
from tests.kit.experiment_views import EXPERIMENT_ID, completed_experiment, running_experiment, shown
from tests.kit.fake_stack import ENDED_ID, OTHER_ID, WAITING_ID, FakeStack, trained_view
from tests.kit.fakes.api import CREDENTIALS, REGION, ApiRequest, Reply, fake_api
from tests.kit.hostile_text import HOSTILE
from tests.kit.records import RUN_ID
from tests.kit.rollouts import rollout

pytestmark = [pytest.mark.slow, *needs_browser]

PAGES = {
    "runs": "/",
    "run": f"/runs/{RUN_ID}",
    "waiting": f"/runs/{WAITING_ID}",
    "failed": f"/runs/{ENDED_ID}",
    "rollouts": f"/runs/{RUN_ID}/rollouts?sort=-score",
    "rollout": f"/runs/{RUN_ID}/rollouts/0",
    "compare": f"/compare?first={RUN_ID}&second={OTHER_ID}",
    "approve": f"/runs/{WAITING_ID}/approve",
    "again": f"/runs/{RUN_ID}/again",
    "cancel": f"/runs/{RUN_ID}/cancel",
    "experiments": "/experiments",
    "experiment": f"/experiments/{EXPERIMENT_ID}",
    "running experiment": f"/experiments/{EXPERIMENT_ID}-2",
    "cancel experiment": f"/experiments/{EXPERIMENT_ID}-2/cancel",
}
FLOW: list[dict[str, Any]] = [
    {"shows": WAITING_ID},
    {"tab": WAITING_ID, "press": "Enter", "leaves": True},
    {"tab": "Approve or reject", "press": "Enter", "leaves": True},
    {"tab": "Comment", "type": "numbers are right"},
    {"tab": "Approve", "press": "Enter", "leaves": True, "shows": "STARTING"},
    {"tab": "Runs", "press": "Enter", "leaves": True},
    {"tab": RUN_ID, "press": "Enter", "leaves": True},
    {"shows": "No answer from the API"},
    {"shows": "Training steps\n13"},
    {"tab": "Cancel", "press": "Enter", "leaves": True},
    {"tab": "Cancel the run", "press": "Enter", "leaves": True, "shows": "CANCELLED"},
]
"""By the keyboard alone: approve one run, watch another through a silence of the API, cancel it."""


class LiveStack(FakeStack):
    """Once a run is polled for changes, the API is silent for a while, and the run has gone on when it is back."""

    def __init__(self) -> None:
        super().__init__()
        self.views = 0
        self.watched = False
        self.waited = threading.Event()

    def answer(self, request: ApiRequest) -> Reply:
        if request.path == f"/runs/{RUN_ID}" and request.method == "GET" and self.watched:
            self.views += 1
            if self.views == 3:
                self.waited.wait(4)  # longer than a page may take
                self.runs[RUN_ID] = trained_view(RUN_ID, steps=13)
        return super().answer(request)

    def _change(self, run_id: str, part: str, body: Any) -> Reply:
        self.watched = True
        return super()._change(run_id, part, body)


@pytest.fixture
def stack() -> LiveStack:
    made = LiveStack()
    made.runs[ENDED_ID]["failure"]["cause"] = HOSTILE + "W" * 2_000
    for experiment in (
        completed_experiment(),
        running_experiment().model_copy(update={"experiment_id": f"{EXPERIMENT_ID}-2"}),
    ):
        made.experiments[experiment.experiment_id] = shown(experiment)
    made.rollouts = [
        rollout(n / 80, id=f"r{n}", task=f"row-{n}", components={"format": 1.0}, answer=f"{HOSTILE} {'W' * 2_000}")
        for n in range(80)
    ]
    return made


@pytest.fixture
def address(stack: LiveStack) -> Iterator[str]:
    with fake_api() as api:
        api.answer = stack.answer
        with console_server(ApiClient.signed(api.url, REGION, CREDENTIALS)) as (server, address):
            serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            serving.start()
            yield address
            server.shutdown()
            serving.join()


def test_the_console_is_silent_accessible_and_live(stack: LiveStack, address: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"address": address, "pages": PAGES, "flow": FLOW}))
    found = observed("console.mjs", plan)
    assert "token" not in found["address"]
    silent = {"console": [], "requests": [], "violations": [], "overflow": 0, "unreached": 0}
    faults = [page for page in found["pages"] if {name: page[name] for name in silent} != silent]
    assert faults == []
    assert len(found["pages"]) == 4 * len(PAGES)
    assert found["flow"]["console"] == []
    assert set(found["flow"]["steps"]) == {"ok"}
    assert [name for name, _ in stack.changes] == ["approve", "cancel"]
    assert stack.changes[0][1]["comment"] == "numbers are right"
    assert stack.runs[RUN_ID]["status"] == RunStatus.CANCELLED
