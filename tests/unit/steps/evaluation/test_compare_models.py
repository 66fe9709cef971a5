from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rft.contracts.evaluation import AuditSummary, EvaluationReport
from rft.contracts.ledger import RunStatus
from rft.errors import EvaluationFailed, StalePlan
from tests.kit.fake_evaluation import FakeEvaluation, verdict
from tests.kit.fakes.grader import CallableGrader, honest, result
from tests.kit.records import RUN_ID

REPORT = f"s3://data-bucket/runs/{RUN_ID}/evaluation.json"


def compared(**request: object) -> tuple[FakeEvaluation, EvaluationReport]:
    run = FakeEvaluation(**request).at(RunStatus.TRAINING).evaluated()
    run.compare()
    return run, EvaluationReport.model_validate_json(run.store.objects[REPORT])


def test_a_model_that_learned_is_better() -> None:
    run, report = compared()
    summary = report.summary

    assert run.record.evaluation == summary
    assert (summary.status, summary.verdict) == ("completed", "better")
    assert summary.base is not None
    assert summary.tuned is not None
    assert summary.tuned == 1.0
    assert summary.difference == pytest.approx(summary.tuned - summary.base)
    assert summary.interval is not None
    assert summary.interval[0] > 0
    assert summary.protocol is not None
    assert summary.protocol.settings.temperature == 0


def test_rows_hold_both_scores_and_give_the_summarys_numbers() -> None:
    _, report = compared()
    raw = json.loads(report.model_dump_json())
    gaps = [row["tuned_score"] - row["base_score"] for row in raw["rows"]]

    assert len(gaps) == raw["summary"]["rows"]
    assert sum(gaps) / len(gaps) == pytest.approx(raw["summary"]["difference"])
    assert len({row["group"] for row in raw["rows"]}) == raw["summary"]["groups"] < len(gaps)
    assert set(raw["rows"][0]) == {"row_id", "group", "base_score", "tuned_score"}


def test_a_judges_agreement_is_shown_next_to_published_figures() -> None:
    _, report = compared()

    assert report.agreement is not None
    assert report.agreement["tuned"].majority.accuracy == 1.0
    assert len(report.agreement["tuned"].annotators) == 3
    assert report.agreement["tuned"].swapped is not None
    assert report.agreement["tuned"].swapped.consistent == report.agreement["tuned"].swapped.n > 0
    assert report.agreement["base"].swapped is not None
    assert report.agreement["base"].swapped.consistent == 0, "the base model prefers Response 1 always"
    assert report.published


def test_regressions_improvements_and_slices_are_reported() -> None:
    _, report = compared()

    assert (report.changes.regressions, report.mcnemar.only_base) == (0, 0)
    assert report.changes.improvements == report.mcnemar.only_tuned > 0
    assert not report.mcnemar.valid, "prompt groups hold three rows"
    assert {each.kind for each in report.slices} >= {"label"}


def test_the_same_policy_twice_is_not_better() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    run.sampler.reply = lambda *_: verdict("Response 1")
    run.evaluated().compare()

    assert run.record.evaluation is not None
    assert run.record.evaluation.verdict == "no_difference_shown"
    assert run.record.evaluation.difference == 0


def test_a_few_errors_are_named_and_not_scored() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    seen: list[str] = []

    def grade(batch: list[dict[str, object]]) -> list[dict[str, object]]:
        seen.extend(str(sample["id"]) for sample in batch)
        return [
            result(sample, 0.0, grader_error=1.0) if sample["id"] in seen[:2] else result(sample, 0.5)
            for sample in batch
        ]

    run.grader = type(run.grader)(grade)
    run.evaluated().compare()
    report = EvaluationReport.model_validate_json(run.store.objects[REPORT])

    assert {each.model for each in report.unscored} == {"base", "tuned"}
    assert all("grader_error" in each.reason for each in report.unscored)
    assert len(report.rows) + 2 == len(set(seen))


def test_too_few_scores_give_no_verdict() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    run.grader = type(run.grader)(lambda batch: [result(sample, 0.0, grader_error=1.0) for sample in batch])
    run.evaluated()
    with pytest.raises(EvaluationFailed, match="have no score"):
        run.compare()
    assert REPORT not in run.store.objects


def test_an_interval_over_few_groups_gives_no_verdict_with_a_reason() -> None:
    run = FakeEvaluation(evaluation={"rows": 12}).at(RunStatus.TRAINING)
    run.evaluated()
    run.compare()
    summary = run.record.evaluation
    assert summary is not None
    assert (summary.verdict, summary.groups) == ("underpowered", 4)
    assert summary.reason.endswith("over 4 prompt groups; no verdict rests on fewer than 10 groups")


def test_missing_answers_give_no_verdict() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING)
    run.deploy()
    with pytest.raises(EvaluationFailed, match="missing"):
        run.compare()


def test_answers_to_other_rows_are_refused() -> None:
    run = FakeEvaluation().at(RunStatus.TRAINING).evaluated()
    run.request = run.request.model_copy(
        update={"evaluation": run.request.evaluation.model_copy(update={"samples_per_row": 2})}
    )
    with pytest.raises(StalePlan):
        run.compare()


def test_a_better_model_must_exceed_the_minimum_gain() -> None:
    _, report = compared(evaluation={"minimum_gain": 0.9})

    assert report.summary.verdict != "better"
    assert (report.summary.minimum_gain, report.summary.hypothesis) == (0.9, "superiority")


AUDIT = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
AUDITED: dict[str, object] = {"evaluation": {"audit_judge": AUDIT}}


def audited(score: Callable[[dict[str, Any]], float | None]) -> FakeEvaluation:
    """Evaluated by the honest grader, whose audit judge gives `score`; None is an error."""
    run = FakeEvaluation(**AUDITED).at(RunStatus.TRAINING)

    def grade(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not all(sample.get("evaluation_audit") for sample in batch):
            assert not any(sample.get("evaluation_audit") for sample in batch)
            return honest(batch)
        found = [(sample, score(sample)) for sample in batch]
        return [{"id": sample["id"]} if given is None else result(sample, given) for sample, given in found]

    run.grader = CallableGrader(grade)
    run.evaluated().compare()
    return run


def audit_of(run: FakeEvaluation) -> AuditSummary:
    summary = run.record.evaluation
    assert summary is not None
    assert summary.audit is not None
    assert summary.verdict == "better"
    return summary.audit


def test_an_audit_judge_that_agrees_gives_the_same_verdict() -> None:
    audit = audit_of(audited(lambda sample: honest([sample])[0]["aggregate_reward_score"]))
    assert (audit.judge, audit.status, audit.verdict, audit.agrees) == (AUDIT, "completed", "better", True)
    assert audit.interval is not None
    assert audit.interval[0] > 0


def test_an_audit_judge_that_sees_no_gain_disagrees() -> None:
    audit = audit_of(audited(lambda _: 0.5))
    assert (audit.status, audit.agrees, audit.difference) == ("completed", False, 0)


def test_an_audit_judge_without_scores_fails_and_the_verdict_stays() -> None:
    audit = audit_of(audited(lambda _: None))
    assert (audit.status, audit.verdict) == ("failed", None)
    assert "have no score" in audit.reason


def test_answers_are_audited_once() -> None:
    run = audited(lambda _: 1.0)
    before = len(run.grader.batches)
    for part in run.deploy().parts:
        run.evaluate(part)
    assert len(run.grader.batches) == before
    assert sum(bool(batch[0].get("evaluation_audit")) for batch in run.grader.batches) * 2 == before


def test_without_an_audit_judge_nothing_is_audited() -> None:
    run, report = compared()
    assert report.summary.audit is None
    assert not any("evaluation_audit" in sample for batch in run.grader.batches for sample in batch)
