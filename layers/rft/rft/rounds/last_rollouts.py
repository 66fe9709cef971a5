"""Scores of the last rollouts of an earlier run's training rows, and which rows give no signal. Takes ports."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from rft.contracts.experiments.rounds import RoundRequest
from rft.contracts.score_range import ScoreBounds, to_unit
from rft.contracts.telemetry import Rollout
from rft.ports.training import RolloutReader
from rft.training.rollouts import LIST_PAGE_SIZE

Scores = Mapping[str, Sequence[float]]
"""Scores (0 to 1) of the last scored rollouts, by row id."""

Lesson = Literal["solved", "hopeless", "open", "unmeasured"]
"""Classification of a row by its last rollouts: solved, hopeless, in between, or too few scores."""


def last_scores(run_id: str, samples: int, bounds: ScoreBounds, reader: RolloutReader) -> Scores:
    """The last `samples` rollouts of each training row: one GRPO group. Raises the Retryable… errors."""
    last: dict[str, deque[float | None]] = defaultdict(lambda: deque(maxlen=samples))
    for rollout in _rollouts(run_id, reader):
        if rollout.split == "train" and rollout.task_id is not None:
            last[rollout.task_id].append(None if rollout.score is None else to_unit(rollout.score, bounds))
    return {row: [score for score in scores if score is not None] for row, scores in last.items()}


def lesson(scores: Sequence[float], request: RoundRequest) -> Lesson:
    """Classifies a row; a single score shows neither that it is solved nor that it is hopeless."""
    if len(scores) < 2:
        return "unmeasured"
    if request.solved_score is not None and min(scores) >= request.solved_score:
        return "solved"
    if request.hopeless_score is not None and max(scores) <= request.hopeless_score:
        return "hopeless"
    return "open"


def _rollouts(run_id: str, reader: RolloutReader) -> Iterator[Rollout]:
    """All rollouts of a run, oldest object first."""
    after = ""
    while found := reader.after(run_id, after, most=LIST_PAGE_SIZE):
        names = [stored.name for stored in found]
        for rows in reader.read(run_id, names):
            yield from rows or ()
        after = names[-1]
