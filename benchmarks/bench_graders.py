"""## Rule-based graders

The function grade_gsm8k on a batch of 1,000 rollouts, from the parsed event to serialisable results, including logs and
metrics; against parsing and serialising the same payload as JSON, which Lambda's runtime does for any function. Half
of the answers are right. CPU time: the best of several rounds in which both alternate; caches are cleared between
rounds.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.ratios import Ratio, cost
from rft.contracts.dataset import DatasetRow
from rft.contracts.grading import rollout_event
from rft.rewards.reading import numbers
from rft.rewards.sample_limits import SampleLimits
from rft.steps.graders.grade_finqa import grade_finqa
from rft.steps.graders.grade_gsm8k import grade_gsm8k
from rft.tasks import task as task_named
from tests.kit.rows import row

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT.parent / "shared/data/gsm8k/train.jsonl"
SAMPLES = {name: ROOT / "examples" / name / "questions.jsonl" for name in ("gsm8k", "finqa")}
BATCH = 1000
ROUNDS = 20


def measure() -> list[Ratio]:
    """Measure all rule-based graders; only GSM8K has a bound."""
    os.environ["POWERTOOLS_LOG_LEVEL"] = "INFO"
    gsm8k = PUBLISHED if PUBLISHED.exists() else SAMPLES["gsm8k"]
    return [
        _ratio("gsm8k", gsm8k, grade_gsm8k, bound=3),
        _ratio("finqa", SAMPLES["finqa"], grade_finqa, bound=None),
        _with_limits(gsm8k),
    ]


def _with_limits(records: Path) -> Ratio:
    """Measure the overhead of per-sample time and memory limits, with the cheapest grader."""
    event = _batch("gsm8k", records)
    rounds = [(_graded(grade_gsm8k, event), _without_limits(event)) for _ in range(ROUNDS)]
    ours, unlimited = (min(times) for times in zip(*rounds, strict=True))
    name = f"{BATCH:,} gsm8k rollouts, each limited in time and memory: against no limits"
    return cost(name, ours=ours, baseline=unlimited, bound=1.1)


def _without_limits(event: list[Any]) -> float:
    with patch.object(SampleLimits, "run", lambda _, __, work, *args: work(*args)):
        return _graded(grade_gsm8k, event)


def _ratio(name: str, records: Path, grade: Any, *, bound: float | None) -> Ratio:
    payload = json.dumps(_batch(name, records))
    event = json.loads(payload)
    rounds = [(_graded(grade, event), _cpu(lambda: json.dumps(json.loads(payload)))) for _ in range(ROUNDS)]
    ours, json_alone = (min(times) for times in zip(*rounds, strict=True))
    return cost(f"{BATCH:,} {name} rollouts: against JSON alone", ours=ours, baseline=json_alone, bound=bound)


def _graded(grade: Any, event: list[Any]) -> float:
    numbers._read.cache_clear()
    with contextlib.redirect_stdout(io.StringIO()):
        return _cpu(lambda: [result.model_dump(mode="json") for result in grade(event, seconds_left=60)])


def _cpu(function: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, summed over all threads."""
    start = time.process_time()
    function()
    return time.process_time() - start


def _batch(name: str, records: Path) -> list[dict[str, Any]]:
    known = task_named(name)
    lines = records.read_text("utf-8").splitlines()
    batch = []
    for position in range(BATCH):
        read = known.read(json.loads(lines[position % len(lines)]))
        written = DatasetRow.model_validate(
            row(read, task=known, position=position, run_id="bench-20261120t120000-0a1b2c3d")
        )
        probes = known.probes(written)
        answer = probes.right[0] if position % 2 else probes.wrong[0]
        batch.append(rollout_event(written, answer, id=f"rollout-{position}"))
    return batch
