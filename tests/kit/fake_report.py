"""Ended runs with all inputs of their reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rft.contracts.evaluation import EvaluationReport
from rft.contracts.http.api import RunView
from rft.contracts.http.report import RunReport
from rft.contracts.ledger import RunStatus
from rft.contracts.telemetry import Rollout
from rft.evaluation.run_comparison import EvaluatedRun
from rft.ports.reports import ReportSources
from rft.report.write import page_uri, report_uri
from rft.steps.write_report import write_report
from rft.training.metrics import course_of, with_batch
from rft_client.comparison import ComparedRun
from tests.kit.fake_evaluation import FakeEvaluation
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.records import RUN_ID
from tests.kit.rollouts import AT, judged, rollout


class FakeReport(FakeEvaluation):
    """A trained and evaluated run whose graders have written rollouts."""

    def __init__(self, *, answers_captured: bool = False, **request: Any) -> None:
        super().__init__(**request)
        self.rollouts = MemoryRollouts()
        self.sources = ReportSources(self.ledger, self.store, self.rollouts, answers_captured=answers_captured)

    def trained(self, batches: int = 40) -> FakeReport:
        """Advance to EVALUATING; each batch has eight answers to each of two prompts, with rising scores."""
        self.at(RunStatus.TRAINING)
        for number in range(batches):
            split = "validation" if number % 10 == 9 else "train"
            self.graded([self._rollout(number, answer, batches, split) for answer in range(16)])
        return self

    def graded(self, rows: Sequence[Rollout]) -> None:
        """Record a batch and aggregate it as CheckTraining does."""
        self.rollouts.put(RUN_ID, rows[0].at, rows)
        course = course_of(self.record)
        assert course is not None
        course = with_batch(course, rows)
        self.ledger.update(RUN_ID, {"metrics": course.metrics, "reading": course.reading})

    def _rollout(self, number: int, answer: int, batches: int, split: str) -> Rollout:
        return rollout(
            None if (number, answer) == (3, 5) else round((answer % 8 + 8 * number / batches) / 16, 3),
            task=f"pandalm-{2 * number + answer // 8:06d}",
            id=f"{number}-{answer}",
            split=split,
            at=AT + timedelta(minutes=number),
            answer_length=100 + number,
            answer=f"Answer {answer} of batch {number}" if self.sources.answers_captured else None,
            components={"verdict": 1.0},
            judge=judged(1, input_tokens=100, output_tokens=10),
        )

    def compared(self) -> FakeReport:
        """Evaluate both models."""
        self.evaluated()
        self.compare()
        return self

    def write(self, status: RunStatus = RunStatus.COMPLETED, error: str = "", cause: str = "") -> RunReport:
        """Write the report as the WriteReport step does."""
        write_report(run_id=RUN_ID, status=status, error=error, cause=cause, ledger=self.ledger, sources=self.sources)
        return self.stored

    def as_compared(self, run_id: str) -> ComparedRun:
        """Return the evaluated run under another id, as read by `rft compare`."""
        evaluation = self.store.objects[f"s3://data-bucket/runs/{RUN_ID}/evaluation.json"]
        view = RunView.model_validate({**dict(self.record), "run_id": run_id, "timeline": (), "links": {}})
        report = self.stored.model_copy(update={"run_id": run_id})
        return ComparedRun(view, EvaluatedRun(report, EvaluationReport.model_validate_json(evaluation)))

    @property
    def stored(self) -> RunReport:
        return RunReport.model_validate_json(self.store.objects[report_uri(RUN_ID, self.store)])

    @property
    def page(self) -> str:
        return self.store.objects[page_uri(RUN_ID, self.store)].decode()
