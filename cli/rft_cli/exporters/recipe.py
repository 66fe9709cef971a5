"""What every exporter takes and returns: a run as it was trained, and a recipe with the request fields it holds."""

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
"""Parts of a request that this control plane acts on itself, so that no trainer has a field for them."""


@dataclass(frozen=True)
class TrainedRun:
    """A run whose dataset is prepared and whose grader is resolved.

    `hyperparameters` are those the job gets, by Bedrock's names: the dataset's recommendations under the request's.
    """

    run_id: str
    request: RunRequest
    dataset: PreparedDataset
    grader_arn: str
    role_arn: str
    output_uri: str
    hyperparameters: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """Dotted path of every field of the request that differs from its default, and of every hyperparameter."""
        changed = self.request.model_dump(mode="json", exclude_defaults=True)
        return dict(_leaves({**changed, "hyperparameters": dict(self.hyperparameters)}))


@dataclass(frozen=True)
class Recipe:
    """A recipe in a trainer's own keys.

    `holds`: dotted paths of the request fields whose values are in `body` unchanged. `notes`: path → what became of a
    field that is in it otherwise. `assumptions`: values of the body that no field decides.
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
    """One line for each field of the request whose value the recipe does not hold unchanged."""
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
