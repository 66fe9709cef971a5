"""The console's pages: what they show of a stack, and what their forms change."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft_console.rollout_reader import RolloutReader
from tests.kit.console_visitor import Visitor
from tests.kit.fake_stack import ENDED_ID, OTHER_ID, WAITING_ID, trained_view
from tests.kit.hostile_text import HOSTILE, acting_in
from tests.kit.records import RUN_ID
from tests.kit.rollouts import rollout
from tests.kit.views import view
from tests.kit.waiting import eventually

AWAY = (503, {"title": "AWS is busy", "detail": "Send it again.", "status": 503})


def run_ids(text: str) -> list[str]:
    return re.findall(r'<a id="([^"]+)" href="/runs/', text)


def test_runs_are_listed_and_filtered(visitor: Visitor) -> None:
    assert run_ids(visitor.get("/").text) == [RUN_ID, OTHER_ID, WAITING_ID, ENDED_ID]
    assert run_ids(visitor.get("/?status=FAILED").text) == [ENDED_ID]
    assert "No run passes these filters" in visitor.get("/?status=CANCELLED").text


def test_ten_thousand_runs_are_shown_by_the_page(visitor: Visitor) -> None:
    visitor.stack.runs = {f"run-20261120t120000-{n:08x}": trained_view(f"run-{n}", steps=1) for n in range(10_000)}
    first = visitor.get("/").text
    assert len(run_ids(first)) == 50
    older = visitor.get(re.findall(r'id="older" href="([^"]+)"', first)[0]).text
    assert run_ids(older)[0] == "run-20261120t120000-00000032"


def test_a_run_shows_curves_checks_and_timeline(visitor: Visitor) -> None:
    text = visitor.get(f"/runs/{RUN_ID}").text
    assert "Training." in text
    assert {"Reward", "Answer length (characters)"} <= set(re.findall(r"<figcaption[^>]*>([^<]+)<", text))
    assert "batch independence" in text
    assert "2026-11-20 12:00:00 PENDING" in text


@pytest.mark.parametrize(("ahead", "shown"), [(0, "next in line"), (3, "3 ahead of it")])
def test_a_queued_run_shows_its_wait_and_its_position(visitor: Visitor, ahead: int, shown: str) -> None:
    queue = {"since": "2026-11-20T12:00:00Z", "expires_at": "2026-11-27T12:00:00Z", "waiting": True}
    waiting = {**view(RunStatus.STARTING), "run_id": RUN_ID, "queue": queue, "queue_ahead": ahead}
    visitor.stack.runs[RUN_ID] = waiting
    text = visitor.get(f"/runs/{RUN_ID}").text
    assert f"Waiting for the quota of jobs since 2026-11-20 12:00 UTC, {shown}." in text


def test_an_open_page_is_updated_only_where_the_run_changed(visitor: Visitor) -> None:
    address = re.findall(r'hx-get="([^"]+)"', visitor.get(f"/runs/{RUN_ID}").text)[0]
    same = visitor.get(address)
    assert (same.headers["HX-Reswap"], 'id="live"' in same.text) == ("none", False)
    visitor.stack.runs[RUN_ID] = trained_view(RUN_ID, RunStatus.COMPLETED, steps=14)
    changed = visitor.get(address)
    assert "The model was trained and not evaluated." in changed.text
    assert "hx-trigger" not in changed.text  # an ended run is polled no more


def test_an_api_outage_and_its_end_are_shown(visitor: Visitor) -> None:
    address = f"/runs/{RUN_ID}/live?seen=x"
    visitor.stack.fail = lambda: AWAY
    silent = visitor.get(address)
    assert (silent.status_code, silent.headers["HX-Reswap"]) == (200, "none")
    assert "try again in a moment" in silent.text
    assert "trying again" in visitor.get("/runs-table?").text
    page = visitor.get("/")
    assert (page.status_code, page.headers["Refresh"]) == (503, "3")
    visitor.stack.fail = None
    back = visitor.get(address)
    assert '<div id="notice" role="status" hx-swap-oob="true"></div>' in back.text
    assert 'id="live"' in back.text


def test_an_unknown_run_is_named(visitor: Visitor) -> None:
    answer = visitor.get("/runs/no-such-run-at-all")
    assert (answer.status_code, "Run no-such-run-at-all not found" in answer.text) == (404, True)


def graded(visitor: Visitor) -> None:
    visitor.stack.rollouts = [
        rollout(None if n == 7 else n / 200, id=f"r{n}", task=f"row-{n % 10}", answer_length=1000 - n,
                split="validation" if n % 20 == 19 else "train")
        for n in range(120)
    ]  # fmt: skip


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'aria-label="Rollout (\d+)"', text)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", [1, 2, 3]),
        ("?sort=-score", [120, 119, 118]),
        ("?sort=score", [1, 2, 3]),
        ("?sort=-length&split=validation", [20, 40, 60]),
        ("?sort=error", [8, 1, 2]),
        ("?errors=true", [8]),
        ("?task_id=row-3&sort=-graded", [114, 104, 94]),
        ("?min_score=0.5&max_score=0.52", [101, 102, 103]),
        ("?start=50", [51, 52, 53]),
        ("?sort=nonsense&min_score=x&start=-1&split=none", [1, 2, 3]),
    ],
)
def test_rollouts_are_sorted_and_filtered(visitor: Visitor, query: str, first: list[int]) -> None:
    graded(visitor)
    visitor.get(f"/runs/{RUN_ID}/rollouts")
    assert numbers(visitor.get(f"/runs/{RUN_ID}/rollouts{query}").text)[: len(first)] == first


def read_to_end(visitor: Visitor, count: str) -> None:
    """As an open page does: until the response stops the polling."""
    address = f"/runs/{RUN_ID}/rollouts-progress"

    def ended() -> str | None:
        text = visitor.get(address).text
        return None if "hx-get" in text else text

    text = eventually(ended, "the end of reading")
    assert f"All {count} so far are here" in text


def test_rollouts_that_were_graded_meanwhile_are_read_too(visitor: Visitor) -> None:
    graded(visitor)
    visitor.stack.page = 50
    visitor.get(f"/runs/{RUN_ID}/rollouts")
    read_to_end(visitor, "120 rollouts")
    visitor.stack.rollouts.append(rollout(0.99, id="late"))
    visitor.get(f"/runs/{RUN_ID}/rollouts")
    read_to_end(visitor, "121 rollouts")
    assert numbers(visitor.get(f"/runs/{RUN_ID}/rollouts?sort=-score").text)[0] == 121


def test_a_rollout_shows_answer_components_and_judge(visitor: Visitor) -> None:
    judge = {"models": ["nova-judge"], "prompt": "sha256:00", "calls": 3}
    visitor.stack.rollouts = [rollout(0.25, answer="The answer is 4", components={"format": 1.0}, judge=judge)]
    text = visitor.get(f"/runs/{RUN_ID}/rollouts/0").text
    for part in ("The answer is 4", "Component format", "nova-judge", "no row of this name"):
        assert part in text
    assert visitor.get(f"/runs/{RUN_ID}/rollouts/1").status_code == 404
    assert visitor.get(f"/runs/{RUN_ID}/rollouts/{10**30}").status_code == 404


CRITERIA = [{"name": name, "question": f"{HOSTILE} {name}?", "yes": "y", "no": "n", "weight": 1} for name in "ab"]
JUDGE = {"models": ["nova-judge"], "prompt": "sha256:00", "calls": 1}


@pytest.mark.parametrize(
    ("grader", "components", "answers"),
    [
        ("pandalm", {"judge_called": 1, "supports_verdict": 1, "not_circular": 0}, ["yes", "no"]),
        ("pandalm", {"judge_called": 0, "supports_verdict": 0}, []),
        ("rubric", {"judge_called": 1, "a": 1, "b": 0, "rubric": 0.5}, ["yes", "no"]),
        ("mine", {"judge_called": 1, "a": 1}, []),
    ],
)
def test_the_judges_answers_stand_next_to_its_questions(
    visitor: Visitor, grader: str, components: dict[str, float], answers: list[str]
) -> None:
    visitor.stack.runs[RUN_ID]["request"]["grader"] = {"name": "rubric", "config": {"criteria": CRITERIA}}
    visitor.stack.rollouts = [rollout(0.5, grader=grader, components=components, judge=JUDGE)]
    text = visitor.get(f"/runs/{RUN_ID}/rollouts/0").text
    assert re.findall(r"<td>(yes|no)</td>", text) == answers
    assert ("Question to the judge" in text) is bool(answers)
    assert ("The judge was not called" in text) is not components["judge_called"]
    assert acting_in(text, allowed="\n") == set()
    assert "Component a" not in text or grader == "mine"


def test_two_runs_are_shown_side_by_side(visitor: Visitor) -> None:
    text = visitor.get(f"/compare?first={RUN_ID}&second={OTHER_ID}").text
    assert "Nothing but their names and tags" in text
    assert f'<li class="k0">{RUN_ID}</li><li class="k1">{OTHER_ID}</li>' in text
    assert "one of the two has not ended" in text


def test_cancelling_needs_confirmation(visitor: Visitor) -> None:
    assert "Cancel the run" in visitor.get(f"/runs/{RUN_ID}/cancel").text
    assert visitor.stack.changes == []
    answer = visitor.post(f"/runs/{RUN_ID}/cancel", action="cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/runs/{RUN_ID}")
    assert [name for name, _ in visitor.stack.changes] == ["cancel"]


def test_a_refusal_is_shown_as_the_api_words_it(visitor: Visitor) -> None:
    answer = visitor.post(f"/runs/{ENDED_ID}/cancel", action="cancel")
    assert (answer.status_code, f"{ENDED_ID} has ended" in answer.text) == (409, True)


@pytest.mark.parametrize("approved", [True, False])
def test_a_run_that_waits_is_approved_or_rejected(visitor: Visitor, *, approved: bool) -> None:
    assert "Approve or reject" in visitor.get(f"/runs/{WAITING_ID}").text
    assert "the request requires it" in visitor.get(f"/runs/{WAITING_ID}/approve").text
    action = "approve" if approved else "reject"
    visitor.post(f"/runs/{WAITING_ID}/approve", action=action, by="Ada", comment="fine")
    assert visitor.stack.changes == [("approve", {"approved": approved, "by": "Ada", "comment": "fine"})]


def again(visitor: Visitor, action: str, request: Any, **form: str) -> Any:
    text = request if isinstance(request, str) else json.dumps(request)
    return visitor.post(f"/runs/{RUN_ID}/again", action=action, request=text, **form)


def test_a_run_is_started_again_with_changes_that_are_shown_first(visitor: Visitor) -> None:
    assert "Nothing starts yet" in visitor.get(f"/runs/{RUN_ID}/again").text
    request = {**visitor.stack.runs[RUN_ID]["request"], "hyperparameters": {"epochCount": 3}}
    confirmation = again(visitor, "check", request).text
    assert "hyperparameters.epochCount" in confirmation
    assert visitor.stack.changes == []
    key = re.findall(r'name="key" value="(\w+)"', confirmation)[0]
    assert again(visitor, "start", request, key=key).status_code == 303
    ((name, body),) = visitor.stack.changes
    assert (name, body["hyperparameters"]["epochCount"]) == ("start", 3)


@pytest.mark.parametrize(
    ("request_text", "reason"),
    [("{", "not JSON"), ("[]", "one JSON object"), ('{"name": "x"}', "dataset: is missing"), ("[" * 9999, "not JSON")],
)
def test_an_invalid_request_is_returned_with_the_reason(visitor: Visitor, request_text: str, reason: str) -> None:
    answer = again(visitor, "start", request_text)
    assert reason in answer.text
    assert visitor.stack.changes == []


def test_hostile_text_is_inert_on_the_page(visitor: Visitor) -> None:
    hostile = HOSTILE + "W" * 100_000
    failure = {"stage": "TRAINING", "error": HOSTILE, "cause": hostile, "caller": None}
    visitor.stack.runs[ENDED_ID] |= {"failure": failure, "name": HOSTILE}
    visitor.stack.rollouts = [
        rollout(0.5, answer=hostile, task=HOSTILE, id="a", components={HOSTILE: 1.0}),
        rollout(None, error=HOSTILE, error_reason=hostile, task="t", id="b"),
    ]
    pages = [f"/runs/{ENDED_ID}", f"/runs/{ENDED_ID}/rollouts", f"/runs/{ENDED_ID}/rollouts/0",
             f"/runs/{ENDED_ID}/rollouts/1", f"/?name={'%3Cscript%3E'}", "/runs/%3Cscript%3E", "/compare?first=%3Cscript%3E&second=x"]  # fmt: skip  # noqa: E501
    for page in pages:
        text = visitor.get(page).text
        scripts = re.findall(r"<script[^>]*>", text)
        assert all("/static/" in each for each in scripts), page
        assert acting_in(text, allowed="\n") == set(), page
        assert "{{" not in text.replace("{{7*7}}", "")


def test_few_runs_are_indexed_at_a_time_however_many_are_opened(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rft_console.context.MAX_READERS", 2)
    visitor.stack.rollouts = [rollout(0.5)]
    ids = [RUN_ID.replace("1a2b3c4d", f"{n:08x}") for n in range(4)]
    visitor.stack.runs = {run_id: trained_view(run_id) for run_id in ids}
    for run_id in [*ids, ids[0]]:
        assert "1 rollouts, 1 to 1" in visitor.get(f"/runs/{run_id}/rollouts").text
    open_runs = [visitor.get(f"/runs/{run_id}/rollouts-progress").status_code == 200 for run_id in ids]
    assert open_runs == [True, False, False, True]


def test_an_ended_run_begins_with_its_result(visitor: Visitor) -> None:
    failure = {"stage": "TRAINING", "error": "JobFailed", "cause": "no capacity"}
    visitor.stack.runs[RUN_ID] = trained_view(RUN_ID, RunStatus.FAILED, failure=failure)
    assert '<p class="headline bad">The run failed in TRAINING: no capacity.</p>' in visitor.get(f"/runs/{RUN_ID}").text


def test_a_page_of_rollouts_reloads_until_some_have_arrived(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = threading.Event()
    monkeypatch.setattr(RolloutReader, "await_first", lambda self: None)
    visitor.stack.rollouts = [rollout(0.5)]
    answer = visitor.stack._rollouts
    monkeypatch.setattr(visitor.stack, "_rollouts", lambda *given: slow.wait(10) and answer(*given))
    assert visitor.get(f"/runs/{RUN_ID}/rollouts").headers["Refresh"] == "3"
    slow.set()
    read_to_end(visitor, "1 rollouts")
    assert "Refresh" not in visitor.get(f"/runs/{RUN_ID}/rollouts").headers
