"""Commands of the README and the docs that cannot run here are marked, counted, and known to their own tools."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections import Counter

import pytest
from botocore.session import get_session

from tests.kit.docs_commands import PAGES, REASONS, DocsCommand, commands
from tests.kit.project import ROOT

ALL = [command for page in PAGES for command in commands(page)]
MARKED = [command for command in ALL if command.mark == "needs"]
MAX_MARKED = {"aws": 27, "minutes": 8, "foreground": 4}
SAM_DEPLOY_OPTIONS = {"--guided", "--parameter-overrides", "--config-env"}
"""Of `sam deploy --help`, in the version that requirements/sam.txt pins."""

README = (ROOT / "README.md").read_text()


def test_the_number_of_skipped_commands_is_limited() -> None:
    counts = Counter(command.value for command in MARKED)
    assert set(counts) <= set(REASONS)
    assert {reason: n for reason, n in counts.items() if n > MAX_MARKED[reason]} == {}
    assert len(ALL) > 2 * len(MARKED)


@pytest.mark.parametrize("command", MARKED, ids=lambda command: command.text[:60])
def test_a_skipped_command_is_valid_for_its_tool(command: DocsCommand) -> None:
    for words in tools(command.text):
        check(words)


def tools(text: str) -> list[list[str]]:
    """Each program of a command with its arguments; `export NAME=$(…)` gives the program inside."""
    inner = re.search(r"\$\((.*)\)", text)
    parts = re.split(r"\s\|\s", inner[1] if inner else text.split(" #", maxsplit=1)[0])
    return [shlex.split(part) for part in parts]


def check(words: list[str]) -> None:
    program, *rest = words
    match program:
        case "aws":
            check_aws(*rest)
        case "make":
            done = subprocess.run(["make", "-n", *rest], cwd=ROOT, capture_output=True, check=False)  # noqa: S603, S607
            assert done.returncode == 0, done.stderr
        case "rft":
            check_rft(rest)
        case ".venv-sam/bin/sam":
            assert rest[0] == "deploy"
            assert {word for word in rest if word.startswith("--")} <= SAM_DEPLOY_OPTIONS
        case "git":
            assert rest == ["pull"]
        case "openssl":
            assert rest[0] == "rand"
        case "export" | "echo":
            assert rest
        case _:
            pytest.fail(f"no check for {program}")


def check_aws(service: str, operation: str, *options: str) -> None:
    if service == "s3":
        assert operation == "cp"
        return
    model = get_session().get_service_model(service)
    named = {name.lower(): name for name in model.operation_names}
    shape = model.operation_model(named[operation.replace("-", "")]).input_shape
    known = {name.lower() for name in (shape.members if shape else ())}
    given = {option[2:].replace("-", "") for option in options if option.startswith("--")} - {"query", "output"}
    assert {name.removeprefix("no") if name == "noscanindexforward" else name for name in given} <= known


def check_rft(words: list[str]) -> None:
    names = [word for word in words if not word.startswith(("-", "$"))]
    depth = 2 if names[:1] in (["local"], ["grader"], ["dataset"], ["webhooks"], ["experiment"]) else 1
    shown = subprocess.run(  # noqa: S603
        [ROOT / ".venv" / "bin" / "rft", *names[:depth], "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "200", "PATH": "/usr/bin:/bin"},
    )
    assert shown.returncode == 0, shown.stderr
    assert [word for word in words if word.startswith("--") and f"{word} " not in shown.stdout] == []


def test_each_variable_has_one_name() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert re.findall(r"\$\{?(API_URL|BUCKET|LEDGER|API)\b", text) == []


def test_the_readme_is_short_and_shows_the_demo_in_twelve_lines() -> None:
    assert len(README.splitlines()) <= 150
    demo = README[README.index("$ make demo\n") :].partition("```")[0]
    assert len(demo.strip().splitlines()) == 1 + 12
