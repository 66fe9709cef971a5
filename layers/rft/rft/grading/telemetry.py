"""Writes graded rows for the control plane and metrics for CloudWatch; never fails a score. Takes ports."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rft.contracts.base import SPLITS
from rft.contracts.grading import PROBE
from rft.contracts.telemetry import JudgeUse, Rollout
from rft.grading.answer_figures import answer_figures
from rft.grading.batch import TELEMETRY_SECONDS, GradedSample
from rft.observability import emit_metrics, logger
from rft.ports.grading import RolloutLog
from rft.rewards.samples import row_fields, sample_run_id

JUDGE_COUNTERS = tuple(name for name, f in JudgeUse.model_fields.items() if f.annotation is int)
"""Counters of judge use, reported as components `judge_<counter>` and, for an audit, `audit_<counter>`."""

OpenLog = Callable[[], RolloutLog | None]
"""Opens the log on the first write, so that a grader without telemetry loads no AWS client."""


def no_log() -> None:
    """For batches without telemetry."""


_Graded = tuple[Mapping[str, Any], GradedSample]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class GraderTelemetry:
    """One grader's telemetry. `judge` names the models and the prompt of a judge-based grader."""

    grader: str
    open_log: OpenLog
    judge: JudgeUse | None = None
    seconds: float = TELEMETRY_SECONDS
    now: Callable[[], datetime] = field(default=_now)

    def __call__(self, batch: Sequence[object], outcomes: Sequence[GradedSample]) -> None:
        """Writes the batch's rollouts, gives up after `seconds`, and emits metrics, also on failure."""
        saved = self._write_in_time(batch, outcomes)
        emit_metrics(grader=self.grader, figures=self._figures(outcomes) | {"RolloutLogFailures": float(not saved)})

    def _write_in_time(self, batch: Sequence[object], outcomes: Sequence[GradedSample]) -> bool:
        done: list[bool] = []
        # A daemon thread, since neither an import nor a network call can be interrupted.
        thread = threading.Thread(target=lambda: done.append(self._write(batch, outcomes)), daemon=True)
        thread.start()
        thread.join(self.seconds)
        if not done:
            logger().warning("rollouts not written in time", extra={"seconds": self.seconds})
        return bool(done and done[0])

    def _write(self, batch: Sequence[object], outcomes: Sequence[GradedSample]) -> bool:
        """False on any failure."""
        try:
            runs = _by_run(batch, outcomes)
            log = self.open_log() if runs else None
            if log is not None:
                self._write_to(log, runs)
        except Exception as error:  # noqa: BLE001  telemetry must never cost a score
            logger().warning("rollouts not written", extra={"error": type(error).__name__})
            return False
        return True

    def _write_to(self, log: RolloutLog, runs: Mapping[str, Sequence[_Graded]]) -> None:
        """Writes one object per run; a batch from Bedrock has rows of one run."""
        at, keep = self.now(), log.keeps_answers
        for run_id, graded in runs.items():
            log.write(run_id, [self._rollout(run_id, at, *one, keep_answer=keep) for one in graded])

    def _rollout(
        self, run_id: str, at: datetime, fields: Mapping[str, Any], outcome: GradedSample, *, keep_answer: bool
    ) -> Rollout:
        task_id, split = fields.get("task_id"), fields.get("split")
        answer = outcome.sample.answer if outcome.sample else None
        return Rollout(
            run_id=run_id,
            grader=self.grader,
            id=outcome.result.id,
            task_id=task_id if isinstance(task_id, str) else None,
            split=split if split in SPLITS else None,
            at=at,
            score=None if outcome.error else outcome.result.aggregate_reward_score,
            error=type(outcome.error).__name__ if outcome.error else None,
            error_reason=outcome.result.error,
            components={part.name: part.value for part in outcome.components if part.name not in _COUNTED},
            seconds=outcome.seconds,
            answer_length=None if answer is None else len(answer),
            **(answer_figures(outcome.sample, outcome.components) if outcome.sample else {}),
            answer=answer if keep_answer else None,
            judge=self.judge and self.judge.model_copy(update=_counted([outcome])),
        )

    def _figures(self, outcomes: Sequence[GradedSample]) -> dict[str, float]:
        """Metrics under their CloudWatch names."""
        scores = [outcome.result.aggregate_reward_score for outcome in outcomes if outcome.error is None]
        figures = {"Samples": float(len(outcomes)), "GraderErrors": float(len(outcomes) - len(scores))}
        if scores:
            figures["MeanScore"] = sum(scores) / len(scores)
        if self.judge:
            figures |= {_title(name): float(value) for name, value in _counted(outcomes).items()}
        return figures


_COUNTED = frozenset(f"{judge}_{name}" for judge in ("judge", "audit") for name in JUDGE_COUNTERS)


def _counted(outcomes: Iterable[GradedSample]) -> dict[str, int]:
    totals = dict.fromkeys(JUDGE_COUNTERS, 0)
    for part in (part for outcome in outcomes for part in outcome.components if part.name in _COUNTED):
        totals[part.name.partition("_")[2]] += int(part.value)
    return totals


def _title(counter: str) -> str:
    return f"Judge{counter.title().replace('_', '')}"


def _by_run(
    batch: Sequence[object], outcomes: Sequence[GradedSample]
) -> dict[str, list[tuple[Mapping[str, Any], GradedSample]]]:
    """The rollouts to write, by run: those of training, with their rows' keys."""
    runs: dict[str, list[tuple[Mapping[str, Any], GradedSample]]] = defaultdict(list)
    for raw, outcome in zip(batch, outcomes, strict=True):
        run_id, fields = sample_run_id(raw), row_fields(raw)
        if run_id and fields.get(PROBE) is not True:
            runs[run_id].append((fields, outcome))
    return runs
