"""## Grading a run's rollouts again

`rft rescore` with a rule-based grader on 100,000 stored answers: grading on all cores, and comparing both graders'
scores. The bound is 10 seconds on two cores, measured as 20 seconds of CPU time, which other load does not affect.
"""

from __future__ import annotations

import time

from benchmarks.measured import measured
from benchmarks.ratios import Ratio, cost
from rft_cli.graders.grader_under_test import open_grader
from rft_cli.graders.local_rows import known_task, local_rows
from rft_cli.graders.rescoring import rescore
from rft_cli.graders.score_changes import score_changes
from tests.kit.project import ROOT

ROLLOUTS = 100_000
MAX_PROCESSOR_SECONDS = 20.0


def measure() -> list[Ratio]:
    took = measured(rescored, ROLLOUTS)
    name = f"rescore of {ROLLOUTS:,} rollouts, gsm8k: processor time"
    return [cost(name, ours=took.processor_seconds, baseline=MAX_PROCESSOR_SECONDS, bound=1.0)]


def rescored(count: int) -> float:
    """Grade `count` answers to the rows of examples/gsm8k and return the seconds taken."""
    rows = {row.task_id: row for row in local_rows(ROOT / "examples/gsm8k/questions.jsonl", known_task("gsm8k")).rows}
    names = list(rows)
    rollouts = [
        {
            "id": f"r{number}",
            "task_id": names[number // 4 % len(names)],
            "answer": f"{'Step by step. ' * 20}\n#### {number % 50}",
            "score": float(number % 2),
        }
        for number in range(count)
    ]
    grader, started = open_grader("gsm8k"), time.perf_counter()
    score_changes(list(rescore(rollouts, rows, grader)), group_size=4)
    return time.perf_counter() - started
