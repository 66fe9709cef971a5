"""What a run's view becomes on a screen."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from rft.contracts.ledger import RunStatus
from rft_cli.views.rewards import Rewards, StepReward
from rft_cli.views.run_events import Narrator, headline, milestone
from rft_cli.views.summary import outcome_line, run_lines, summary_lines
from rft_cli.views.tables import event_lines, list_lines
from tests.kit.records import RUN_ID
from tests.kit.reward_curves import curve
from tests.kit.views import MODEL, OUTPUT, line, view

COURSE = Rewards([StepReward(1, 0.25, 0.5), StepReward(2, 0.75)], simulated=True)
METRICS = {**curve([0.25, 0.75], lambda _: 0.5, every=2).model_dump(mode="json"), "rollouts": 228, "errors": 3}


def plain(lines: Iterable[str]) -> list[str]:
    return [Text.from_markup(each).plain for each in lines]


def test_each_fact_is_told_once_under_the_stage_that_found_it() -> None:
    narrator = Narrator()
    told = [
        plain(narrator.lines(view(status)))
        for status in (RunStatus.PENDING, RunStatus.PREPARING, RunStatus.SMOKE_TESTING, RunStatus.TRAINING)
    ]
    assert told[0] == ["12:00:00  PENDING"]
    assert told[1] == ["12:00:01  PREPARING"]
    assert told[2][0].startswith("          splits    train 160 rows, 60 prompts")
    assert told[2][-1] == "12:00:02  SMOKE_TESTING"
    assert "          ✔ contract           all [40] answers got a score" in told[3]
    assert "          ! batch_independence 8 answers change by 0.1" in told[3]
    assert [line for line in told[3] if "TRAINING" in line] == ["12:00:04  TRAINING"]
    assert list(narrator.lines(view(RunStatus.TRAINING))) == []


def test_oddities_of_a_dataset_are_told() -> None:
    lines = plain(Narrator().lines(view(RunStatus.SMOKE_TESTING)))
    assert "          warning   answer_not_text: 1" in lines
    assert "          left out  2 bad records, listed in the manifest" in lines


def test_a_run_that_waits_for_a_person_says_how_to_answer() -> None:
    approval = {
        "reasons": ["the forecast is poor"],
        "requested_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-11-23T12:00:00Z",
        "decision": None,
    }
    lines = plain(Narrator().lines(view(RunStatus.AWAITING_APPROVAL, approval=approval)))
    assert "          because   the forecast is poor" in lines
    assert f"          waiting   for `rft approve {RUN_ID}` until 2026-11-23T12:00Z" in lines


def test_an_answer_is_told_with_who_gave_it() -> None:
    decision = {"approved": True, "by": "Ada [of Ockham]", "comment": "", "caller": "c", "at": "2026-11-20T12:00:00Z"}
    approval = {"reasons": [], "requested_at": "", "expires_at": "", "decision": decision}
    lines = plain(Narrator().lines(view(RunStatus.AWAITING_APPROVAL, approval=approval)))
    assert "          answered  yes, by Ada [of Ockham]" in lines


def test_a_job_without_rewards_shows_its_phase_and_age() -> None:
    assert headline(view(RunStatus.TRAINING), Rewards()) == "data processing · 1.3 h"


def test_a_job_with_rewards_shows_the_last_step() -> None:
    assert headline(view(RunStatus.TRAINING), COURSE) == "step 2 · reward 0.750"
    assert headline(view(RunStatus.TRAINING), Rewards(COURSE.points, steps=40)) == "step 2/40 · reward 0.750"


def test_what_the_breaker_found_is_told_once_under_training() -> None:
    found = [
        {"signal": "answer_length", "action": "warn", "said": "answers [are] long", "step": 12, "at": ""},
        {"signal": "error_share", "action": "stop", "said": "50% failed", "step": 14, "at": ""},
    ]
    narrator = Narrator()
    warned = plain(narrator.lines(view(RunStatus.TRAINING, breaker=found[:1])))
    assert warned[-1] == "          warning   answer_length, step 12: answers [are] long"
    stopped = plain(narrator.lines(view(RunStatus.FAILED, breaker=found)))
    assert stopped[0] == "          stopped   error_share, step 14: 50% failed"
    assert "FAILED" in stopped[1]


def test_a_validation_shows_the_course_up_to_it() -> None:
    assert plain([milestone(COURSE.points[0], COURSE)]) == ["          step    1  reward 0.250  validation 0.500  ▃"]


def test_the_summary_of_a_completed_run() -> None:
    assert plain(summary_lines(view(RunStatus.COMPLETED, metrics=METRICS))) == [
        f"run         {RUN_ID}  COMPLETED",
        "splits      train 160 · validation 20 · test 20",
        "smoke test  grader trusted, 1 of 2 checks passed, 1 warned",
        "reward      0.250 → 0.750 in 2 steps (simulated)  ▃▇",
        "validation  0.500 → 0.500  ▅",
        "rollouts    228 graded, 3 of them without a score (steps are an estimate)",
        f"model       {MODEL} (simulated)",
    ]


def test_a_real_model_is_not_called_simulated() -> None:
    arn = MODEL.replace("emulated1a2b", "0123456789ab")
    assert plain(summary_lines(view(RunStatus.COMPLETED, model_arn=arn)))[-1] == f"model       {arn}"


def test_a_failure_is_told_in_full_and_in_one_line() -> None:
    failed = view(RunStatus.FAILED)
    assert plain(summary_lines(failed))[-1] == "failure     JobFailed in TRAINING: first line\n  second line"
    assert outcome_line(failed) == f"run {RUN_ID} FAILED in TRAINING: JobFailed: first line"
    assert outcome_line(view(RunStatus.CANCELLED)) == f"run {RUN_ID} CANCELLED"


def test_a_failure_without_words_is_told_too() -> None:
    silent = view(RunStatus.FAILED, failure={"stage": "TRAINING", "error": "JobFailed", "cause": ""})
    assert outcome_line(silent) == f"run {RUN_ID} FAILED in TRAINING: JobFailed"


def test_a_rejected_run_says_why_its_grader_is_not_trusted() -> None:
    report = {**view(RunStatus.TRAINING)["smoke_test"], "trusted": False, "reasons": ["it is constant", "it is slow"]}
    lines = plain(summary_lines(view(RunStatus.REJECTED, smoke_test=report)))
    assert "smoke test  grader not trusted: it is constant; it is slow" in lines


def test_showing_a_run_has_what_was_asked_and_where_its_files_are() -> None:
    asked = view(RunStatus.COMPLETED, {"tags": {"team": "search"}, "grader": {"name": "pandalm"}})
    lines = plain(run_lines(asked))
    assert "created     2026-11-20 12:00:00Z, ended after 5 s" in lines
    assert "grader      pandalm" in lines
    assert "tags        team=search" in lines
    assert f"output      {OUTPUT}" in lines
    assert "12:00:05  COMPLETED" in lines


def test_a_list_is_aligned_and_never_cut() -> None:
    runs = [line(1, team="search", day="[friday]"), line(2, status=RunStatus.AWAITING_APPROVAL)]
    assert plain(list_lines(runs)) == [
        "RUN ID                        STATUS             TASK     CREATED               TAGS",
        "run-20261120t120000-00000001  COMPLETED          pandalm  2026-11-20 12:00:00Z  team=search, day=[friday]",
        "run-20261120t120000-00000002  AWAITING_APPROVAL  pandalm  2026-11-20 12:00:00Z",
    ]


def test_events_are_told_one_a_line() -> None:
    timeline = view(RunStatus.PREPARING)["timeline"]
    timeline[1]["detail"] = "reads [a]\n  and more"
    assert plain(event_lines(timeline)) == [
        "2026-11-20 12:00:00Z                    → PENDING",
        "2026-11-20 12:00:01Z  PENDING           → PREPARING  reads [a]",
    ]


def test_a_forecast_is_told_with_what_nobody_knows() -> None:
    forecast = {
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
    lines = plain(Narrator().lines(view(RunStatus.AWAITING_APPROVAL, forecast=forecast)))
    start = next(n for n, each in enumerate(lines) if "forecast" in each)
    assert [each.strip() for each in lines[start : start + 6]] == [
        "forecast  100 steps · 7,400 to 10,800 rollouts · 220 to 12,100 judge calls (estimate)",
        "training  up to 24.0 h (estimate)",
        "cost      at least $0.16 (prices of 2026-05)",
        "unknown   the price of an hour",
        "too much  judge requests per minute: 235, and 100 are allowed",
        "over      max_judge_calls is 1,000",
    ]


def test_what_proving_the_grader_takes_is_told_before_it_is_done() -> None:
    calls = {"invocations": 34, "answers": 1147, "right_answers": 222}
    lines = plain(Narrator().lines(view(RunStatus.SMOKE_TESTING, smoke_test_calls=calls)))
    assert lines[-1] == "          asking    the grader about 1,147 answers in 34 calls, at most; 222 of them right"


def test_dataset_checks_that_are_no_pass_are_told() -> None:
    checks = [
        {"name": "leaks", "result": "warn", "detail": "3 of 20 rows"},
        {"name": "references", "result": "pass", "detail": "0 of 200 rows"},
        {"name": "base_model_misses", "result": "skipped", "detail": "no rollouts"},
    ]
    lines = plain(Narrator().lines(view(RunStatus.SMOKE_TESTING, dataset_checks=checks)))
    assert "          rows      1 of 3 checks passed" in lines
    assert "          ! leaks: 3 of 20 rows" in lines
    assert not [each for each in lines if "references" in each]
