"""`rft compare`: runs next to each other, as text, JSON and a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_cli.commands import report as module
from tests.kit.fake_report import FakeReport
from tests.kit.fake_stack import OTHER_ID, FakeStack
from tests.kit.fakes.api import FakeApi
from tests.kit.hostile_text import HOSTILE, acting_in
from tests.kit.records import RUN_ID
from tests.kit.rft_command import Rft


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeReport().trained().compared()
    fake.write()
    monkeypatch.setattr(module, "read_run", lambda client, run_id: fake.as_compared(run_id))


def test_runs_are_compared_by_their_test_rows(rft: Rft, api: FakeApi, evaluated: None) -> None:
    found = rft("compare", RUN_ID, OTHER_ID, "-o", "json").json
    (difference,) = found["differences"]
    assert (difference["run_id"], difference["unpaired"]) == (OTHER_ID, None)
    assert (difference["difference"]["value"], found["requests"]) == (0.0, {})
    assert f"{OTHER_ID} against {RUN_ID}: no difference shown" in rft("compare", RUN_ID, OTHER_ID).out


def test_a_page_has_the_curves_of_both_and_loads_nothing(
    rft: Rft, api: FakeApi, evaluated: None, tmp_path: Path
) -> None:
    file = tmp_path / "comparison.html"
    assert rft("compare", RUN_ID, OTHER_ID, "-o", "html", "--file", file).status == 0
    page = file.read_text()
    assert page.count('<polyline class="s1"') > 0
    assert "no difference shown" in page
    assert not {part for part in ("<script", "src=", "@import", "url(") if part in page}


def test_running_runs_are_compared_but_not_paired(rft: Rft, api: FakeApi) -> None:
    api.answer = FakeStack().answer
    found = rft("compare", RUN_ID, OTHER_ID, "-o", "json").json
    assert [run["status"] for run in found["runs"]] == ["TRAINING", "TRAINING"]
    assert found["differences"][0]["unpaired"] == "one of the two has not ended"


def test_hostile_text_of_a_run_is_inert_on_the_page(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    stack, file = FakeStack(), tmp_path / "comparison.html"
    stack.runs[OTHER_ID]["hyperparameters"]["epochCount"] |= {"value": HOSTILE, "reason": HOSTILE}
    api.answer = stack.answer
    rft("compare", RUN_ID, OTHER_ID, "-o", "html", "--file", file)
    page = file.read_text()
    assert "epochCount" in page
    assert "<script" not in page
    assert acting_in(page, allowed="\n") == set()


def test_comparing_needs_two_runs(rft: Rft, api: FakeApi) -> None:
    assert "two to 6 different" in rft("compare", RUN_ID, RUN_ID).err


def test_an_unknown_run_is_named(rft: Rft, api: FakeApi) -> None:
    api.answer = FakeStack().answer
    assert "not found" in rft("compare", RUN_ID, "no-such-run").err
