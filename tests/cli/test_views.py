"""A run's view as lines on a screen."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from rft.contracts.ledger import RunStatus
from rft_cli.views.checks import counts
from rft_cli.views.lines import HANG, shorten_middle, stage_field, summary_field
from rft_cli.views.printing import print_lines
from rft_cli.views.progress import Step, current_step
from rft_cli.views.rewards import Rewards, StepReward
from rft_cli.views.run_events import RunEventPrinter, milestone
from rft_cli.views.summary import run_lines, summary_lines
from rft_cli.views.tables import event_lines, list_lines
from rft_cli.views.times import duration
from tests.kit.records import ADA, RUN_ID
from tests.kit.reward_curves import curve
from tests.kit.views import MODEL, OUTPUT, line, view

COURSE = Rewards([StepReward(1, 0.25, 0.5), StepReward(2, 0.75)], simulated=True)
METRICS = {**curve([0.25, 0.75], lambda _: 0.5, every=2).model_dump(mode="json"), "rollouts": 228, "errors": 3}


def plain(lines: Iterable[str]) -> list[str]:
    return [Text.from_markup(each.replace(HANG, "")).plain for each in lines]


def events(view: dict[str, Any], *, verbose: bool = False) -> list[str]:
    return plain(RunEventPrinter(verbose=verbose).lines(view))


def check(name: str, result: str, detail: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "result": result, "detail": detail, **more}


# ---- stages ---------------------------------------------------------------------------------------------------------


def test_each_finding_is_printed_once_under_its_stage() -> None:
    printer = RunEventPrinter()
    printed = [
        plain(printer.lines(view(status)))
        for status in (RunStatus.PENDING, RunStatus.PREPARING, RunStatus.SMOKE_TESTING, RunStatus.TRAINING)
    ]
    assert printed[0] == []
    assert printed[1] == ["12:00:01  PREPARING"]
    assert printed[2][0] == "          rows        train 160 · validation 20 · test 20 (60, 8, 8 prompts)"
    assert printed[2][-1] == "12:00:02  SMOKE_TESTING"
    assert [line for line in printed[3] if "TRAINING" in line] == ["12:00:04  TRAINING"]
    assert list(printer.lines(view(RunStatus.TRAINING))) == []


def test_verbose_shows_every_stage_setting_and_warning() -> None:
    lines = events(view(RunStatus.SMOKE_TESTING), verbose=True)
    assert lines[0] == "12:00:00  PENDING"
    assert "          warning     answer_not_text: 1" in lines
    assert "          settings    epochCount  2      as asked" in lines
    assert "          settings    epochs 2" in events(view(RunStatus.SMOKE_TESTING))


def test_bad_records_are_counted() -> None:
    assert "          skipped     2 bad records, listed in the manifest" in events(view(RunStatus.SMOKE_TESTING))


def test_a_run_awaiting_approval_shows_the_command() -> None:
    approval = {
        "reasons": ["the forecast is poor"],
        "requested_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-11-23T12:00:00Z",
        "decision": None,
    }
    lines = events(view(RunStatus.AWAITING_APPROVAL, approval=approval))
    assert "          because     the forecast is poor" in lines
    assert f"          waiting     for `rft approve {RUN_ID}`, until 2026-11-23 12:00Z" in lines


def test_a_decision_shows_who_made_it() -> None:
    decision = {
        "approved": True,
        "by": "Ada [of Ockham]",
        "comment": "",
        "caller": ADA.model_dump(),
        "at": "2026-11-20T12:00:00Z",
    }
    approval = {"reasons": [], "requested_at": "", "expires_at": "", "decision": decision}
    lines = events(view(RunStatus.AWAITING_APPROVAL, approval=approval))
    assert f"          caller      {ADA.id}" in lines
    assert "          name        Ada [of Ockham] (as given)" in lines


def test_findings_of_the_breaker_are_printed_once_under_training() -> None:
    found = [
        {"signal": "answer_length", "action": "warn", "message": "answers [are] long", "step": 12, "at": ""},
        {"signal": "error_share", "action": "stop", "message": "50% failed", "step": 14, "at": ""},
    ]
    printer = RunEventPrinter()
    warned = plain(printer.lines(view(RunStatus.TRAINING, breaker=found[:1])))
    assert warned[-1] == "          warning     answer_length, step 12: answers [are] long"
    stopped = plain(printer.lines(view(RunStatus.FAILED, breaker=found)))
    assert stopped[0] == "          stopped     error_share, step 14: 50% failed"
    assert "FAILED" in stopped[1]


def test_a_validation_shows_the_reward_curve_up_to_it() -> None:
    assert plain([milestone(COURSE.points[0], COURSE)]) == ["          step    1   reward 0.250  validation 0.500  ▃"]


# ---- checks ---------------------------------------------------------------------------------------------------------


def test_passed_checks_are_one_line_and_the_others_a_row_each() -> None:
    lines = events(view(RunStatus.TRAINING))
    assert "          checks      ! 1 of 2 checks · 1 warned" in lines
    assert "          ! batch_independence  8 answers change by 0.1" in lines
    assert not [line for line in lines if "all [40] answers got a score" in line]
    assert "          ✔ contract            all [40] answers got a score" in events(
        view(RunStatus.TRAINING), verbose=True
    )


def test_a_row_has_value_comparison_and_limit_in_columns() -> None:
    checks = [
        check("spread", "pass", "std dev", value=0.424, comparison=">=", limit=0.02),
        check("leaks", "warn", "3 rows", value=0.15, comparison="<=", limit=None, warn_limit=0.1, unit="%"),
        check("sample", "pass", "all"),
    ]
    lines = events(view(RunStatus.SMOKE_TESTING, dataset_checks=checks), verbose=True)
    assert [each for each in lines if each[10] in "✔!"] == [
        "          ✔ spread  0.424 ≥ 0.02  std dev",
        "          ! leaks   15% ≤ 10%     3 rows",
        "          ✔ sample                all",
    ]


def test_skipped_checks_are_counted_with_the_check_that_failed() -> None:
    checks = [check("contract", "block"), *(check(f"c{n}", "skipped") for n in range(13)), check("load", "pass")]
    assert Text.from_markup(counts(checks)).plain == "✘ 1 of 2 checks · 1 blocked · 13 skipped (contract failed)"
    assert Text.from_markup(counts([check("a", "pass"), check("b", "skipped")])).plain == "✔ 1 of 1 checks · 1 skipped"


# ---- forecast -------------------------------------------------------------------------------------------------------


FORECAST = {
    "steps": 100,
    "rollouts": {"low": 7400, "high": 10800},
    "judge_calls_in_all": {"low": 220, "high": 12100},
    "training_hours": {"low": 0.02, "high": 24},
    "cost_usd": {"low": 0.16, "high": None},
    "prices_as_of": "2026-05",
    "cost": [{"name": "training", "usd": None, "unknown": ["the price of an hour"]}],
    "limits": [
        {"name": "judge_requests_per_minute", "needed": 234.7, "allowed": 100, "fits": False},
        {"name": "grader_concurrency", "needed": 1, "allowed": None, "fits": None},
    ],
    "over_budget": ["max_judge_calls is 1,000"],
}


def test_a_forecast_shows_what_is_unknown_or_exceeded() -> None:
    lines = events(view(RunStatus.AWAITING_APPROVAL, forecast=FORECAST))
    start = next(n for n, each in enumerate(lines) if "forecast" in each)
    assert [each.strip() for each in lines[start : start + 4]] == [
        "forecast    100 steps · 7,400–10,800 rollouts · 220–12,100 judge calls",
        "cost        ≥ $0.16 (1 price unknown) · training max 24 h, its limit",
        "over limit  judge requests per minute: 235 needed, max 100",
        "over budget max_judge_calls is 1,000",
    ]


def test_training_hours_below_the_limit_are_an_estimate() -> None:
    forecast = {**FORECAST, "training_hours": {"low": 2, "high": 3}, "cost_usd": {"low": 1, "high": 2}}
    lines = events(view(RunStatus.AWAITING_APPROVAL, forecast=forecast))
    assert "          cost        $1.00–$2.00 (list prices 2026-05) · training 2.0–3.0 h" in lines


# ---- progress -------------------------------------------------------------------------------------------------------


def test_a_bar_shows_the_smoke_test_and_the_step_of_training() -> None:
    calls = {"invocations": 34, "answers": 1147, "right_answers": 222}
    assert current_step(view(RunStatus.SMOKE_TESTING, smoke_test_calls=calls)) == Step(
        "checks", "scoring 1,147 probe answers"
    )
    assert current_step(view(RunStatus.TRAINING)) == Step("training", "data processing · 1.3 h")
    steps = {**METRICS, "steps_planned": 40}
    assert current_step(view(RunStatus.TRAINING, metrics=steps)) == Step("training", "step 2/40 · reward 0.750", 2, 40)
    assert current_step(view(RunStatus.AWAITING_APPROVAL)) is None


@pytest.mark.parametrize(("max_steps", "total"), [(20, 20), (50, 40), (None, None)])
def test_the_bar_of_a_simulated_job_ends_at_the_emulators_cap(max_steps: int | None, total: int | None) -> None:
    """Without the cap the total is unknown: the job is shorter than planned."""
    job = {**view(RunStatus.TRAINING)["job"], "arn": "arn:aws:bedrock:::model-customization-job/nova/emulated0001"}
    step = current_step(view(RunStatus.TRAINING, job=job, metrics={**METRICS, "steps_planned": 40}), max_steps)
    assert step is not None
    assert step.total == total


# ---- results --------------------------------------------------------------------------------------------------------


def test_the_result_of_a_completed_run() -> None:
    assert plain(summary_lines(view(RunStatus.COMPLETED, metrics=METRICS))) == [
        f"run         {RUN_ID}  COMPLETED",
        "reward      0.250 → 0.750  ▃▇  2 steps (simulated)",
        "validation  0.500 → 0.500  ▅",
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


# ---- lists ----------------------------------------------------------------------------------------------------------

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


# ---- width ----------------------------------------------------------------------------------------------------------


def printed(lines: Iterable[str], width: int = 80, *, terminal: bool = True) -> list[str]:
    out = io.StringIO()
    print_lines(Console(file=out, force_terminal=terminal, width=width, color_system=None), lines)
    return out.getvalue().splitlines()


def test_continuation_lines_stand_under_their_text() -> None:
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


def test_a_run_that_waits_for_the_quota_says_how_many_are_ahead() -> None:
    place = {"since": "2026-11-20T12:00:00Z", "expires_at": "2026-11-23T12:00:00Z", "waiting": True}
    printer = RunEventPrinter()
    waiting = view(RunStatus.STARTING, queue=place, queue_ahead=2)
    shown = "\n".join(printer.lines(waiting))
    assert "for the quota of jobs: 2 runs ahead, since 2026-11-20 12:00Z, until 2026-11-23 12:00Z" in shown
    assert list(printer.lines(waiting)) == []
    (line,) = printer.lines({**waiting, "queue_ahead": 0})
    assert "first in the queue" in line
    step = current_step(waiting)
    assert step is not None
    assert step.description == "waiting for the quota of jobs, 2 ahead"
