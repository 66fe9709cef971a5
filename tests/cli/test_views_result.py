"""What a run, a list and a terminal of 80 columns show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.ledger import RunStatus
from rft_cli.views.evaluation import evaluation_table
from rft_cli.views.lines import shorten_middle, stage_field, summary_field
from rft_cli.views.summary import run_lines, summary_lines
from rft_cli.views.tables import event_lines, list_lines
from rft_cli.views.times import duration
from tests.kit.records import RUN_ID
from tests.kit.shown_lines import FORECAST, METRICS, plain, printed
from tests.kit.views import MODEL, OUTPUT, line, view


def test_the_result_of_a_completed_run() -> None:
    assert plain(summary_lines(view(RunStatus.COMPLETED, metrics=METRICS))) == [
        f"run         {RUN_ID}  COMPLETED",
        "reward      0.250 → 0.750  ▃▇  2 steps (simulated)",
        "validation  0.500 → 0.500  ▅ (simulated)",
        "rollouts    3 of 228 without a score",
        f"model       {MODEL} (simulated)",
    ]


def test_a_simulated_job_that_was_cut_shows_the_planned_steps() -> None:
    lines = plain(summary_lines(view(RunStatus.COMPLETED, metrics={**METRICS, "steps_planned": 44})))
    assert "reward      0.250 → 0.750  ▃▇  2 of 44 steps (simulated)" in lines


def test_a_real_model_is_not_called_simulated() -> None:
    arn = MODEL.replace("emulated1a2b", "0123456789ab")
    assert plain(summary_lines(view(RunStatus.COMPLETED, model_arn=arn)))[-1] == f"model       {arn}"


def test_a_failure_is_shown_once() -> None:
    failed = view(RunStatus.FAILED)
    assert plain(summary_lines(failed))[-2:] == [
        "failure     JobFailed in TRAINING",
        "            first line\n  second line",
    ]
    assert sum("first line" in line for line in plain(run_lines(failed))) == 1


def test_a_shown_run_has_its_request_and_files() -> None:
    completed = view(RunStatus.COMPLETED, {"tags": {"team": "search"}, "grader": {"name": "pandalm"}})
    lines = plain(run_lines(completed))
    assert "created     2026-11-20 12:00:00Z, took 5 s" in lines
    assert "grader      pandalm" in lines
    assert "tags        team=search" in lines
    assert f"output      {OUTPUT}" in lines
    assert "12:00:05  COMPLETED" in lines


NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def test_a_list_has_relative_times_duration_and_reward() -> None:
    runs = [line(1, team="search", day="[friday]"), line(2, status=RunStatus.AWAITING_APPROVAL)]
    runs[0] |= {"updated_at": "2026-11-20T13:00:00Z", "reward": 0.9564}
    runs = [{**run, "requested_by": None} for run in runs]
    shown = [each.removesuffix("REQUESTED BY").rstrip() for each in plain(list_lines(runs, now=NOW))]
    assert shown == [
        "RUN ID                        STATUS             TASK     CREATED  TOOK    REWARD  TAGS",
        "run-20261120t120000-00000001  COMPLETED          pandalm  3 h ago  60 min  0.956   team=search, day=[friday]",
        "run-20261120t120000-00000002  AWAITING_APPROVAL  pandalm  3 h ago  3 h     –",
    ]


def test_a_run_in_the_queue_shows_its_place_next_to_its_status() -> None:
    runs = [{**line(n, status=RunStatus.STARTING), "queue_ahead": ahead} for n, ahead in enumerate((0, 3, None))]
    statuses = [each[len(runs[0]["run_id"]) :].split("pandalm")[0].strip() for each in plain(list_lines(runs, now=NOW))]
    assert statuses[1:] == ["STARTING (next)", "STARTING (3 ahead)", "STARTING"]


@given(st.integers(20, 130), st.integers(0, 60), st.sampled_from(RunStatus))
def test_a_list_never_wraps_where_id_and_status_fit(width: int, tag: int, status: RunStatus) -> None:
    runs = [line(1, status=status, team="t" * tag), line(2)]
    lines = plain(list_lines(runs, now=NOW, width=width))
    assert max(map(len, lines)) <= max(width, 29 + 2 + len("COMPLETED"), 29 + 2 + len(status))
    assert all(run["run_id"] in each for run, each in zip(runs, lines[1:], strict=True))


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172_800, "2 d")]
)
def test_a_duration_is_in_its_largest_unit(seconds: int, shown: str) -> None:
    assert duration(timedelta(seconds=seconds)) == shown


def test_events_are_one_line_each() -> None:
    timeline = view(RunStatus.PREPARING)["timeline"]
    timeline[1]["detail"] = "reads [a]\n  and more"
    assert plain(event_lines(timeline)) == [
        "2026-11-20 12:00:00Z                    → PENDING",
        "2026-11-20 12:00:01Z  PENDING           → PREPARING  reads [a]",
    ]


def test_continuation_lines_align_below_their_text() -> None:
    shown = [each.rstrip() for each in printed([stage_field("because", "word " * 10)], width=47)]
    assert shown == [
        "          because     word word word word word",
        "                      word word word word word",
    ]


def test_an_arn_is_cut_in_the_middle_for_a_terminal_and_whole_in_a_pipe() -> None:
    (shown,) = printed([summary_field("model", f"{MODEL} (simulated)")])
    assert len(shown) == 80
    assert shown.startswith("model       arn:aws:bedrock:us-east-1:")
    assert shown.endswith("emulated1a2b (simulated)")
    assert printed([summary_field("model", MODEL)], terminal=False) == [f"model       {MODEL}"]


@given(st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=300), st.integers(3, 80))
def test_a_shortened_word_keeps_its_ends_and_fits(word: str, width: int) -> None:
    short = shorten_middle(word, width)
    assert len(short) <= max(width, 0) or short == word
    assert len(word) > width or short == word
    assert short[0] == word[0]
    assert short[-1] == word[-1]


@pytest.mark.parametrize("status", list(RunStatus))
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_of_a_run_is_wider_than_80_columns(status: RunStatus, verbose: bool) -> None:
    if status is RunStatus.REJECTED:
        pytest.skip("as FAILED")
    shown = view(status, forecast=FORECAST, metrics=METRICS)
    assert max(map(len, printed(run_lines(shown, verbose=verbose)))) <= 80


def test_every_label_of_a_run_is_followed_by_a_space() -> None:
    shot = {**view(RunStatus.COMPLETED), "requested_by": {"type": "iam", "id": "arn:aws:iam::1:user/ada"}}
    assert "started by  arn:aws:iam::1:user/ada" in plain(run_lines(shot))
    long = {"digest": f"sha256:{'0' * 64}", "samples_per_row": 1, "unmatched": ["word " * 20]}
    evaluated = {
        "status": "completed", "verdict": "better", "reason": "", "simulated": True, "rows": 19, "groups": 7,
        "base": 0.4, "tuned": 1.0, "difference": 0.6, "interval": [0.2, 0.8], "p_value": 0.01,
        "hypothesis": "superiority", "minimum_detectable": 0.3, "minimum_gain": 0.0, "protocol": long,
        "report_uri": OUTPUT,
    }  # fmt: skip
    shown = printed(evaluation_table({**shot, "evaluation": evaluated}))
    assert max(map(len, shown)) <= 80
    assert all(each[:20].strip() == "" or each[19] == " " for each in shown)
