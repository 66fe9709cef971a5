"""Hyperparameters that calibration sets if the request does not. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from rft.contracts.calibration import CalibrationSummary
from rft.contracts.dataset import Recommendation
from rft.contracts.run_request import HyperParameters

REASONS = {
    "trainingSamplePerPrompt": "with this number of answers per prompt, half of the groups are expected to differ",
    "inferenceMaxTokens": "over 1 % of the base model's answers were cut off",
}


def fed(calibration: CalibrationSummary, before: Mapping[str, Recommendation]) -> dict[str, Recommendation]:
    """Merges calibration's recommendations, except for hyperparameters set by the request."""
    taken = {
        name: Recommendation(value=value, source="calibration", reason=REASONS[name])
        for name, value in calibration.recommended.items()
        if name not in before or before[name].source != "request"
    }
    return {**before, **taken}


def chosen(found: Mapping[str, Recommendation], before: HyperParameters) -> HyperParameters:
    values = {name: each.value for name, each in found.items()}
    return HyperParameters.model_validate({**before.model_dump(), **values})
