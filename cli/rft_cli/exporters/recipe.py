"""Input and output of all exporters: the trained run, and the recipe with the request fields it contains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset

CONTROL_PLANE = frozenset({
    "breaker", "calibration", "dataset", "evaluation", "from_run", "grader.config", "max_cost_usd", "max_judge_calls",
    "max_training_hours", "mode", "pilot", "require_approval", "smoke_test",
})  # fmt: skip
"""Request sections that only this control plane uses, so no trainer has fields for them."""


@dataclass(frozen=True)
class TrainedRun:
    """A run with a prepared dataset and a resolved grader.

    `hyperparameters`: the job's values under Bedrock's names; the request's override the dataset's recommendations.
    """

    run_id: str
    request: RunRequest
    dataset: PreparedDataset
    grader_arn: str
    role_arn: str
    output_uri: str
    hyperparameters: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """Every non-default request field by dotted path, and every hyperparameter."""
        changed = self.request.model_dump(mode="json", exclude_defaults=True)
        return dict(_leaves({**changed, "hyperparameters": dict(self.hyperparameters)}))


@dataclass(frozen=True)
class Recipe:
    """A recipe in a trainer's own keys.

    `holds`: dotted paths of the request fields whose values are in `body` unchanged. `notes`: path → how a field was
    converted. `assumptions`: values of the body that no field sets.
    """

    body: dict[str, Any]
    holds: frozenset[str]
    command: str
    notes: Mapping[str, str]
    assumptions: tuple[str, ...] = ()


class Exporter(Protocol):
    def export(self, run: TrainedRun) -> Recipe:
        """The run's recipe."""


def losses(run: TrainedRun, recipe: Recipe) -> list[str]:
    """One line per request field whose value the recipe does not contain unchanged."""
    return [f"{path}: {_loss(path, value, recipe)}" for path, value in run.fields().items() if path not in recipe.holds]


def _loss(path: str, value: Any, recipe: Recipe) -> str:
    if path in recipe.notes:
        return recipe.notes[path]
    if any(path == part or path.startswith(f"{part}.") for part in CONTROL_PLANE):
        return f"{value}; an option of the control plane, which this trainer does not have"
    return f"{value}; this recipe has no such field"


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in value.items():
        if isinstance(part, dict) and part:
            yield from _leaves(part, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", part
