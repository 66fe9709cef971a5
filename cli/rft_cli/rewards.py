"""Rewards of a run so far: what training and validation earned, step by step."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

BLOCKS = "▁▂▃▄▅▆▇█"

View = Mapping[str, Any]


@dataclass(frozen=True)
class StepReward:
    """Mean reward of one training step (0..1), and of the validation that followed it, where there was one."""

    step: int
    training: float
    validation: float | None = None


@dataclass(frozen=True)
class Rewards:
    """Rewards so far, in step order; `steps` is how many there will be, None where nobody says.

    `simulated`: the files say that no model was trained.
    """

    points: Sequence[StepReward] = ()
    steps: int | None = None
    simulated: bool = False


RewardSource = Callable[[View], Rewards]
"""From a run's view (the body of `GET /runs/{run_id}`) to its rewards so far."""


def keys_under(s3: Any, bucket: str, prefix: str) -> list[str]:
    """All keys with this prefix."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def known_rewards(s3: Any) -> RewardSource:
    """Rewards as the view has them; where it has none, from the metrics files."""
    files = metrics_files(s3)

    def read(view: View) -> Rewards:
        told = rewards_of_view(view)
        return told if told.points else files(view)

    return read


def rewards_of_view(view: View) -> Rewards:
    """Rewards in the view's `metrics`, whose steps the control plane estimates. Steps without a score are left out."""
    metrics = view.get("metrics") or {}
    validation = {point["step"]: point["reward"] for point in metrics.get("validation", ())}
    points = [
        StepReward(point["step"], point["reward"], validation.get(point["step"]))
        for point in metrics.get("training", ())
        if point["reward"] is not None
    ]
    return Rewards(points, steps=metrics.get("steps_planned"), simulated=is_simulated(view.get("model_arn")))


def is_simulated(model_arn: str | None) -> bool:
    """The emulator's models carry it in their id."""
    return (model_arn or "").rpartition("/")[2].startswith("emulated")


def metrics_files(s3: Any) -> RewardSource:
    """Rewards from the metrics files that Bedrock writes to the run's output prefix.

    The view links that prefix once there is a job. Who may not read it sees no rewards, but follows all the same.
    Bedrock does not document its file names: they are found by their endings.
    """

    def read(view: View) -> Rewards:
        output = view["links"].get("output")
        if output is None:
            return Rewards()
        bucket, _, prefix = output.removeprefix("s3://").partition("/")
        try:
            tables = [
                (key, _table(s3, bucket, key)) for key in keys_under(s3, bucket, prefix) if key.endswith("_metrics.csv")
            ]
        except (BotoCoreError, ClientError):
            return Rewards()
        return rewards_of_tables(tables)

    return read


def rewards_of_tables(tables: Sequence[tuple[str, Sequence[Mapping[str, str]]]]) -> Rewards:
    """Rewards from the rows of metrics files, each with its key. Files without the columns needed count for nothing."""
    training, validation = _means(tables, "training_metrics.csv"), _means(tables, "validation_metrics.csv")
    points = [StepReward(step, mean, validation.get(step)) for step, mean in sorted(training.items())]
    simulated = any(row.get("simulated_policy") == "true" for _, table in tables for row in table)
    return Rewards(points, simulated=simulated)


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Values of 0..1 as one character each, thinned evenly to `width`; the last one always shows."""
    if len(values) > width:
        values = [values[(i + 1) * len(values) // width - 1] for i in range(width)]
    return "".join(BLOCKS[min(int(max(v, 0.0) * len(BLOCKS)), len(BLOCKS) - 1)] for v in values)


def _means(tables: Sequence[tuple[str, Sequence[Mapping[str, str]]]], ending: str) -> dict[int, float]:
    cells = [
        (_number(row.get("step_number")), _number(row.get("reward_mean")))
        for key, table in tables
        if key.endswith(ending)
        for row in table
    ]
    return {int(step): mean for step, mean in cells if step is not None and mean is not None}


def _number(cell: str | None) -> float | None:
    """None for an empty cell (a step without a single score) and for anything but a finite number."""
    try:
        number = float(cell or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _table(s3: Any, bucket: str, key: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())))
