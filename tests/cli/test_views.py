"""A run's view as lines on a screen."""

from __future__ import annotations

from typing import Any

import pytest
from rich.text import Text

from rft.contracts.ledger import RunStatus
from rft_cli.views.checks import counts
from rft_cli.views.progress import Step, current_step
from rft_cli.views.rewards import Rewards, StepReward
from rft_cli.views.run_events import RunEventPrinter, milestone
from rft_cli.views.summary import run_lines
from tests.kit.records import ADA, RUN_ID
from tests.kit.shown_lines import FORECAST, METRICS, plain, printed
from tests.kit.views import view

COURSE = Rewards([StepReward(1, 0.25, 0.5), StepReward(2, 0.75)], simulated=True)


def events(view: dict[str, Any], *, verbose: bool = False) -> list[str]:
    return plain(RunEventPrinter(verbose=verbose).lines(view))


def check(name: str, result: str, detail: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "result": result, "detail": detail, **more}


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


def test_many_checks_that_block_get_a_line_each() -> None:
    checks = [check(f"c{n}", "block", "word " * 30, value=1.0, comparison="<=", limit=0.2, unit="%") for n in range(9)]
    shown = printed(run_lines(view(RunStatus.SMOKE_TESTING, dataset_checks=checks)))
    assert [each[10] for each in shown if "100% ≤ 20%" in each] == ["✘"] * 9
    assert not [each for each in shown if each.strip().startswith("word")]
    few = printed(run_lines(view(RunStatus.SMOKE_TESTING, dataset_checks=checks[:2])))
    assert len([each for each in few if "word word" in each]) == 6, "three lines each"


def test_skipped_checks_are_counted_with_the_check_that_failed() -> None:
    checks = [check("contract", "block"), *(check(f"c{n}", "skipped") for n in range(13)), check("load", "pass")]
    assert Text.from_markup(counts(checks)).plain == "✘ 1 of 2 checks · 1 blocked · 13 skipped (contract failed)"
    assert Text.from_markup(counts([check("a", "pass"), check("b", "skipped")])).plain == "✔ 1 of 1 checks · 1 skipped"


def test_a_forecast_shows_what_is_unknown_or_exceeded() -> None:
    lines = events(view(RunStatus.AWAITING_APPROVAL, forecast=FORECAST))
    start = next(n for n, each in enumerate(lines) if "forecast" in each)
    assert [each.strip() for each in lines[start : start + 4]] == [
        "forecast    100 steps · 7,400–10,800 rollouts · 220–12,100 judge calls",
        "cost        ≥ $0.16 (1 price unknown) · training max 24 h (limit)",
        "over limit  judge requests per minute: 235 needed, max 100",
        "over budget max_judge_calls is 1,000",
    ]


def test_training_hours_below_the_limit_are_an_estimate() -> None:
    forecast = {**FORECAST, "training_hours": {"low": 2, "high": 3}, "cost_usd": {"low": 1, "high": 2}}
    lines = events(view(RunStatus.AWAITING_APPROVAL, forecast=forecast))
    assert "          cost        $1.00–$2.00 (list prices 2026-05) · training 2.0–3.0 h" in lines


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


def test_a_forecast_is_shown_below_the_stage_that_it_follows() -> None:
    tested = events(view(RunStatus.AWAITING_APPROVAL, forecast=FORECAST))
    assert [each for each in tested if each.endswith(("SMOKE_TESTING", "CALIBRATING"))] == ["12:00:02  SMOKE_TESTING"]
    assert any("forecast" in each for each in tested)
    shot = view(RunStatus.AWAITING_APPROVAL, forecast=FORECAST)
    calibrating = {**shot["timeline"][-1], "after": "CALIBRATING", "before": "SMOKE_TESTING"}
    lines = events({**shot, "timeline": [*shot["timeline"][:-1], calibrating, shot["timeline"][-1]]})
    stage = next(n for n, each in enumerate(lines) if each.endswith("CALIBRATING"))
    assert next(n for n, each in enumerate(lines) if "forecast" in each) > stage
