"""`rft grader attack` finds holes that fixed lists miss, and none in honest graders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft.tasks import task
from rft_cli.commands.grader_attack import attack
from rft_cli.graders.attack.search import Hole
from rft_cli.graders.attack.templates import literals
from tests.kit.rft_command import Rft
from tests.kit.zoo.graders import PRELUDE, KnownGrader
from tests.kit.zoo.holes import HOLES
from tests.kit.zoo.honest import HONEST
from tests.kit.zoo.rows import numbers
from tests.kit.zoo.trial import grader_rows, opened

CALLS, MIN_FOUND = 2_000, 8
HONEST_SAMPLE = ("exact number", "last number", "half for form", "closeness", "a judge of nine in ten", "exact word")


def searched(known: KnownGrader, folder: Path) -> tuple[list[Hole], int]:
    own = [text for text in literals(known.code) if text not in literals(PRELUDE)]
    search = attack(opened(known, folder), grader_rows(known.rows)[:20], task("rft"), calls=CALLS, own=own)
    return search.run(), search.calls


def test_most_planted_holes_are_found_within_the_budget_and_are_minimal(tmp_path: Path) -> None:
    results = {name: searched(known, tmp_path) for name, known in HOLES.items()}

    assert max(calls for _, calls in results.values()) <= CALLS
    missed = [name for name, (holes, _) in results.items() if not holes]
    assert len(missed) <= len(HOLES) - MIN_FOUND, missed
    assert all(len(holes[0].template) <= 20 for holes, _ in results.values() if holes)


@pytest.mark.parametrize("name", HONEST_SAMPLE)
def test_an_honest_grader_has_no_hole(name: str, tmp_path: Path) -> None:
    holes, _ = searched(HONEST[name], tmp_path)
    assert [hole.explanation for hole in holes] == []


def test_found_exploits_are_explained_and_saved_as_probes(rft: Rft, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, numbers())))
    (tmp_path / "mine.py").write_text(HOLES["a word"].code)
    saved = tmp_path / "saved.jsonl"

    result = rft("grader", "attack", tmp_path / "mine.py", "--dataset", tmp_path / "rows.jsonl", "--save", saved)

    assert result.status == 1
    assert "approved by QA" in result.out
    rows = [json.loads(line) for line in saved.read_text().splitlines()]
    assert "approved by QA" in rows[0]["probes"]["wrong"][0]
