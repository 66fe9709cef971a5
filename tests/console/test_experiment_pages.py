"""The console's pages of experiments."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rft.experiments.progress import with_arm
from tests.kit.console_visitor import Visitor
from tests.kit.experiment_views import EXPERIMENT_ID, completed_experiment, failed_experiment, running_experiment, shown
from tests.kit.hostile_text import HOSTILE, acting_in

ID = EXPERIMENT_ID
ADDRESS = f"/experiments/{ID}"


def seen(visitor: Visitor, experiment: dict[str, Any], path: str = ADDRESS) -> str:
    visitor.stack.experiments = {ID: experiment}
    return visitor.get(path).text


def test_experiments_are_listed(visitor: Visitor) -> None:
    text = seen(visitor, shown(completed_experiment()), "/experiments")
    assert f'href="{ADDRESS}"' in text
    assert "COMPLETED" in text


def test_no_experiments_say_how_to_start_one(visitor: Visitor) -> None:
    assert "rft experiment start" in visitor.get("/experiments").text


def test_a_completed_experiment_shows_its_leaderboard_best_first(visitor: Visitor) -> None:
    text = seen(visitor, shown(completed_experiment()))
    assert re.findall(r'<th scope="row">([abc])</th>', text) == ["b", "a", "c"]
    assert "<strong>b</strong> is better than every other arm. (simulated)" in text
    assert "0.200 to 0.400" in text
    assert "/cancel" not in text


def test_a_running_experiment_is_live_and_can_be_cancelled(visitor: Visitor) -> None:
    text = seen(visitor, shown(running_experiment()))
    assert f'hx-get="{ADDRESS}/live?seen=' in text
    assert f'href="{ADDRESS}/cancel"' in text


def test_a_failed_experiment_says_why(visitor: Visitor) -> None:
    text = seen(visitor, shown(failed_experiment()))
    assert "NoArmEvaluated: a: cancelled" in text
    assert "4 of 3 training hours are spent" in text


def test_cancelling_is_confirmed_first(visitor: Visitor) -> None:
    text = seen(visitor, shown(running_experiment()), f"{ADDRESS}/cancel")
    assert "with all its runs and their training jobs" in text
    assert f'<a href="{ADDRESS}">Back, change nothing</a>' in text
    assert visitor.stack.changes == []
    answer = visitor.post(f"{ADDRESS}/cancel", action="cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, ADDRESS)
    assert visitor.stack.changes == [("cancel", ID)]


def test_a_form_of_another_site_cancels_nothing(visitor: Visitor) -> None:
    visitor.stack.experiments = {ID: shown(running_experiment())}
    assert visitor.post(f"{ADDRESS}/cancel", csrf="guessed").status_code == 403
    assert visitor.stack.changes == []


@pytest.mark.parametrize("path", ["", "/cancel", "/live"])
def test_an_unknown_experiment_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.get(f"/experiments/nope{path}").status_code == 404


def test_an_open_page_is_updated_only_where_something_changed(visitor: Visitor) -> None:
    text = seen(visitor, shown(running_experiment()))
    live = re.findall(r'hx-get="([^"]+)"', text)[0]
    assert visitor.get(live).headers["HX-Reswap"] == "none"
    visitor.stack.experiments = {ID: shown(failed_experiment())}
    assert "HX-Reswap" not in visitor.get(live).headers


def test_hostile_text_of_arms_is_inert_in_a_browser(visitor: Visitor) -> None:
    record = with_arm(completed_experiment(), "c", reason=HOSTILE)
    assert acting_in(seen(visitor, shown(record)), allowed="\n") == set()
