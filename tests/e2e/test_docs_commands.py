"""Every command of README and docs that needs no account, page by page in their order, on the emulated AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rft.runs.status import TERMINAL
from rft_cli.commands.local import VARIABLES
from tests.kit.docs_commands import PAGES, DocsCommand, commands
from tests.kit.project import ROOT
from tests.kit.rft_process import rft_process

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


def runnable(page: Path) -> list[DocsCommand]:
    return [command for command in commands(page) if command.mark != "needs"]


RUNNABLE = list(filter(runnable, PAGES))
UP = ("local", "up", "--json", "--speed", "600", "--training-seconds", "0.5")
PAGE_SECONDS, COMMAND_SECONDS = 180, 30
"""Limits for a busy machine: of a page's runs together, and for the start of each command."""

MARK = "@@ status"

NIGHTLY = """\
name: nightly
dataset: {task: pandalm, uri: examples/pandalm/comparisons.json}
"""
GRADER = """\
def lambda_handler(event, context):
    return [{"id": s["id"], "aggregate_reward_score": 0.5} for s in event]
"""


def limit(page: Path) -> float:
    """Seconds in which a page's commands must end."""
    return PAGE_SECONDS + COMMAND_SECONDS * len(runnable(page))


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """Variables that `rft local up` prints, with this project's `rft` first on the path."""
    with rft_process(*UP, patience=sum(map(limit, RUNNABLE))) as process:
        assert process.stdout is not None
        details: dict[str, Any] = json.loads(process.stdout.readline())
        variables = {name: str(details[key]) if key else "" for name, key in VARIABLES.items()}
        path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        yield {**variables, "PATH": path, "HOME": os.environ["HOME"], "LC_ALL": "C.UTF-8", "NO_PROXY": "127.0.0.1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project's folder as a reader has it, with the files that the pages speak of."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")  # requests upload no file through a link
    for name in ("docs", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "nightly.yaml").write_text(NIGHTLY)
    (tmp_path / "mine.py").write_text(GRADER)
    records = json.loads((ROOT / "examples" / "pandalm" / "comparisons.json").read_text())
    for number in (3, 7, 11):
        records[number].pop("annotator1")
    (tmp_path / "bad.json").write_text(json.dumps(records))
    lines = (ROOT / "examples" / "rft" / "math.jsonl").read_text().splitlines()
    bad = json.loads(lines[3]) | {"reference_answer": {"answer": "unknown"}}
    (tmp_path / "rows.jsonl").write_text("\n".join([*lines[:3], json.dumps(bad), *lines[4:]]) + "\n")
    scores = "id,score\n" + "".join(f"row-{n},{n % 5 / 4}\n" for n in range(40))
    (tmp_path / "hand.csv").write_text(scores)
    rows = (json.dumps({"id": f"row-{n}", "score": n % 5 / 4}) for n in range(40))
    (tmp_path / "graded.jsonl").write_text("\n".join(rows) + "\n")
    return tmp_path


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run_in_order(page: Path, folder: Path, environment: dict[str, str]) -> None:
    assert shutil.which("curl"), "the docs use curl"
    chosen = runnable(page)
    done = subprocess.run(  # noqa: S603
        ["/bin/bash", "-c", "".join(map(script, chosen))],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=limit(page),
        check=False,
    )
    found = [line.removeprefix(MARK).strip() for line in done.stdout.splitlines() if line.startswith(MARK)]
    expected = [command.value if command.mark == "status" else "0" for command in chosen]
    wrong = [
        f"{command.text}: status {status}"
        for command, status, right in zip(chosen, found, expected, strict=True)
        if status != right
    ]
    assert wrong == [], f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def script(command: DocsCommand) -> str:
    """Its lines, the wait that its block says, and the status of both; a wait ends where the run does."""
    wait = command.mark == "wait" and command.text.startswith("RUN=")
    return f'{command.text}{f" && {waiting(command.value)}" if wait else ""}\necho "\n{MARK} $?"\n'


def waiting(status: str) -> str:
    if status in TERMINAL:
        return 'rft watch "$RUN"'
    reached = f'grep -q "\\"status\\": *\\"{status}\\""'
    return f'while found=$(rft show "$RUN" --output json) && ! {reached} <<< "$found"; do sleep 1; done'
