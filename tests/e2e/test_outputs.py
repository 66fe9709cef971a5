"""What one stack shows and stores of hostile and private text, in all that people and programs read of it.

Text comes in through datasets, callers, a foreign grader, a model and AWS; it holds a canary and characters that act.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from rft_cli.views.run_events import TERMINAL
from tests.e2e.signing import send
from tests.e2e.stages import wait_for
from tests.kit.hostile_text import HOSTILE, acting_in, strings_in
from tests.kit.outputs import items, log_lines, objects, published, screen, terminal
from tests.kit.project import ROOT
from tests.kit.stack_harness import SAMPLE, StackHarness, foreign_graders
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

PRIVATE = re.compile(r"CANARY-(prompt|answer|reference|exception|secret)")
LONG = "x" * 100_000
QUOTING = f"""
class Odd(Exception):
    pass

Odd.__name__ = Odd.__qualname__ = "Odd <script>alert(1)</script> [red]x[/]"  # of what a header of HTTP can hold

def handler(event, context):
    raise Odd({HOSTILE!r} + "CANARY-exception " + repr(event) + "x" * 100_000)
"""
ROWS_OF_A_RUN = re.compile(r"runs/[^/]+/dataset/(train|validation|test)-\d+\.jsonl")
ANSWERS_OF_A_RUN = re.compile(r"runs/[^/]+/(calibration|evaluation)/answers/[^/]+\.json")
EXCEPTIONS = re.compile(r"runs/[^/]+/rollouts/errors/[0-9a-f]+\.txt")
ROLLOUTS = re.compile(r"runs/[^/]+/rollouts/[^/]+\.jsonl\.gz")
REPORTS = re.compile(r"runs/[^/]+/(report\.(html|json)|smoke_test\.json|smoke_test/part-\d+\.json)")
ANSWER = "answer of a rollout"
"""As the model gave it, for programs that grade it again."""
UPLOADED = re.compile(r"datasets/|uploads/")


@dataclass
class Shown:
    """Each output's texts by place; `views` are the API's answers, `screens` a terminal's."""

    captures: bool
    logs: list[tuple[str, str]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    ledger: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    views: list[tuple[str, str]] = field(default_factory=list)
    screens: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.slow)], ids=["private", "captured"])
def bench(request: pytest.FixtureRequest) -> Iterator[StackHarness]:
    captures = {"CaptureAnswers": str(request.param).lower()}
    parameters = {**foreign_graders("quoting"), **captures, "ApiRateLimit": "1000", "ApiBurstLimit": "2000"}
    options = EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, parameters=parameters)
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


@pytest.fixture(scope="module")
def shown(bench: StackHarness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """All outputs, once three runs have ended and requests and an upload were refused."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in terminal(bench.aws).items():
            environment.setenv(name, value)
        refusals = [*refused_requests(bench), *refused_upload(bench)]
        begun = (judged(bench), quoted(bench, tmp_path_factory.mktemp("grader")), refused_by_aws(bench))
        approved(bench, begun[0])
        views = [bench.wait(run_id).view for run_id in begun]
        assert [view["status"] for view in views] == ["COMPLETED", "REJECTED", "FAILED"], [
            view["failure"] for view in views
        ]
        assert views[0]["evaluation"]["status"] == "completed", views[0]["evaluation"]
        eventually(lambda: len(bench.aws.messages()) >= 4, "a question, two ends and a refused upload")
        yield Shown(
            captures=bench.aws.options.parameters["CaptureAnswers"] == "true",
            logs=list(log_lines(bench.aws)),
            messages=list(published(bench.aws)),
            ledger=list(items(bench.aws)),
            files=list(objects(bench.aws)),
            views=[*refusals, *(each for run_id in begun for each in answers(bench, run_id))],
            screens=[each for run_id in begun for each in screens(run_id, tmp_path_factory.mktemp("report"))],
        )


def hostile(kind: str) -> str:
    return f" CANARY-{kind} {HOSTILE}"


def judged(bench: StackHarness) -> str:
    """A run that waits for approval, of records with hostile text in every field that is read."""
    texts = {"instruction": "prompt", "input": "prompt", "response1": "answer", "response2": "answer"}
    records = [
        {name: f"{value}{hostile(texts[name])}" if name in texts else value for name, value in record.items()}
        for record in json.loads(SAMPLE.read_text())
    ]
    fields: dict[str, Any] = {"calibration": {"rows": 16, "samples_per_row": 2}, "evaluation": {"enabled": True}}
    return bench.start("judged", json.dumps(records).encode(), require_approval=True, **fields)


def approved(bench: StackHarness, run_id: str) -> None:
    """A hostile person approves it; then models and judges give hostile text four times."""
    view = wait_for(bench, run_id, "AWAITING_APPROVAL", *TERMINAL)
    assert view["status"] == "AWAITING_APPROVAL", view["failure"]
    reply = Fault(
        service="bedrock", operation="Converse", effect="respond", count=4, message=hostile("answer") + LONG[:5_000]
    )
    bench.aws.faults.add(reply)
    bench.client.approve(run_id, approved=True, by="Ada" + HOSTILE[:60], comment=HOSTILE)


def quoted(bench: StackHarness, folder: Path) -> str:
    """A run whose foreign grader raises with all that it was given, under a hostile name."""
    (folder / "app.py").write_text(QUOTING)
    arn = bench.aws.add_function("grade-quoting", folder)
    rows = [
        {
            "messages": [{"role": "user", "content": f"What is {n}+{n}?{hostile('prompt')}"}],
            "reference_answer": {"answer": f"{2 * n}{hostile('reference')}"},
        }
        for n in range(130)
    ]
    uri = bench.put("datasets/quoted.jsonl", "\n".join(map(json.dumps, rows)).encode())
    request = {"name": "quoted", "dataset": {"task": "rft", "uri": uri}, "grader": {"lambda_arn": arn}}
    return str(bench.client.start_run(request, key="CANARY-secret-key")["run_id"])


def refused_by_aws(bench: StackHarness) -> str:
    """A run whose job AWS refuses in a hostile message."""
    operation = "CreateModelCustomizationJob"
    message = f"no{HOSTILE}{LONG}"
    refusal = Fault(
        service="bedrock",
        operation=operation,
        code="ValidationException",
        status=400,
        message=message,
        contains="refused-",
    )
    bench.aws.faults.add(refusal)
    body = (ROOT / "examples" / "rft" / "math.jsonl").read_bytes()
    return bench.start("refused", body, dataset={"task": "rft"}, grader={"name": "gsm8k"})


def refused_requests(bench: StackHarness) -> Iterator[tuple[str, str]]:
    """Answers to requests that are hostile in every field, or hold secrets."""
    uri = "https://user:CANARY-secret@raw.githubusercontent.com/a.json?token=CANARY-secret"
    dataset = {"task": HOSTILE, "uri": HOSTILE, HOSTILE: HOSTILE, "version": HOSTILE}
    requests: list[dict[str, Any]] = [
        {"name": HOSTILE, "dataset": dataset, "tags": {HOSTILE: HOSTILE}, HOSTILE: LONG[:30_000]},
        {"name": "a", "dataset": {"task": "pandalm", "uri": uri}},
        {"name": "a", "dataset": {"task": "pandalm", "uri": f"s3://{bench.aws.bucket}/{HOSTILE}"}},
        {"name": "a", "dataset": {"task": "pandalm", "uri": uri}, "comment": LONG},
    ]
    for request in requests:
        answer = send(bench, "POST", "/runs", request, **{"Idempotency-Key": "CANARY-secret-key"})
        assert answer.status_code in (413, 422), answer.text
        yield from (("POST /runs", text) for text in strings_in(answer.json()))


def refused_upload(bench: StackHarness) -> Iterator[tuple[str, str]]:
    """An upload that is hostile in its key and its run.json is announced; there is no caller to answer."""
    bench.put("uploads/pandalm/Bad\x1b[2J\u202e/run.json", json.dumps({HOSTILE: [HOSTILE], "tags": HOSTILE}).encode())
    bench.put("uploads/pandalm/Bad\x1b[2J\u202e/a.json", b"[]")
    yield from ()


def answers(bench: StackHarness, run_id: str) -> Iterator[tuple[str, str]]:
    """What the API says of a run."""
    client = bench.client
    rollouts = list(client.rollouts(run_id, {}, limit=500))
    bodies: dict[str, Any] = {
        "run": client.run(run_id),
        "events": client.events(run_id),
        "report": client.report(run_id),
        "rollouts": [{name: value for name, value in rollout.items() if name != "answer"} for rollout in rollouts],
        "list": client.runs({}, limit=10),
    }
    for name, body in bodies.items():
        yield from ((f"GET {name}", text) for text in strings_in(body))
    yield from ((ANSWER, rollout["answer"]) for rollout in rollouts if rollout["answer"])
    yield "GET page", client.report_page(run_id).decode()


def screens(run_id: str, folder: Path) -> Iterator[tuple[str, str]]:
    """What the command line shows of a run."""
    commands = (
        ["show", run_id, "--verbose"], ["watch", run_id], ["events", run_id], ["list", "--all"], ["logs", run_id],
        ["rollouts", run_id], ["evaluation", run_id], ["report", run_id, "--file", str(folder / "report.html")],
    )  # fmt: skip
    for command in commands:
        yield f"rft {command[0]}", screen(*command)


def places(texts: list[tuple[str, str]]) -> set[str]:
    return {place for place, text in texts if PRIVATE.search(text)}


def acting(texts: list[tuple[str, str]], allowed: str = "") -> set[tuple[str, str]]:
    return {(place, repr(found)) for place, text in texts for found in acting_in(text, allowed=allowed)}


def test_no_log_message_or_queue_holds_private_text(shown: Shown) -> None:
    assert len({place for place, _ in shown.logs}) >= 10
    assert {place for place in places(shown.logs) if "grade-quoting" not in place} == set(), "but the grader's own"
    assert shown.captures or places(shown.messages) == set()
    assert not any("CANARY-secret" in text for _, text in shown.messages)


def test_private_text_is_in_files_of_rows_answers_and_exceptions(shown: Shown) -> None:
    stored = (UPLOADED, ROWS_OF_A_RUN, ANSWERS_OF_A_RUN, EXCEPTIONS)
    captured = (ROLLOUTS, REPORTS) if shown.captures else ()
    found = places(shown.files)
    assert [key for key in found if not any(each.match(key) for each in (*stored, *captured))] == []
    expected = (*stored[:3], ROLLOUTS, REPORTS) if shown.captures else stored
    assert [each.pattern for each in expected if not any(each.match(key) for key in found)] == []


def test_only_a_stack_that_captures_answers_shows_private_text(shown: Shown) -> None:
    seen = places(shown.ledger) | places(shown.views) | places(shown.screens)
    if shown.captures:
        assert {ANSWER, "GET report", "GET page", "GET run"} <= seen
    else:
        assert seen == set()
    everywhere = [*shown.logs, *shown.messages, *shown.ledger, *shown.views, *shown.screens, *shown.files]
    assert not [place for place, text in everywhere if "CANARY-secret" in text]


def test_hostile_text_is_inert_in_logs_messages_and_the_ledger(shown: Shown) -> None:
    assert acting([each for each in shown.logs if "grade-quoting" not in each[0]], allowed="\t\n") == set()
    assert acting(shown.messages, allowed="\n") == set()
    names = [each for each in shown.ledger if each[1].startswith("uploads/")]
    assert names, "S3's name of a refused object is stored as it is"
    assert acting([each for each in shown.ledger if each not in names], allowed="\n") == set()
    assert all(len(text) <= 100 for place, text in shown.messages if place == "subject")
    bounded = [*shown.messages, *shown.ledger, *(each for each in shown.views if each[0] != "GET page")]
    assert all(len(text) < 40_000 for _, text in bounded)


def test_hostile_text_is_inert_in_the_api_terminals_and_reports(shown: Shown) -> None:
    pages = [("report.html", text) for key, text in shown.files if key.endswith("report.html")]
    assert pages
    views = [each for each in shown.views if each[0] != ANSWER]
    assert acting([*views, *shown.screens, *pages], allowed="\n") == set()
    assert not [place for place, text in [*shown.views, *pages] if "html" in text[:40] and "<script>alert" in text]
    forged = re.compile(r"^(2026-11-20 FAKE|rft: FAKE)", re.MULTILINE)
    assert [place for place, text in [*shown.logs, *shown.screens] if forged.search(text)] == []
