"""Requests of small runs that are calibrated, evaluated, or both."""

from __future__ import annotations

from typing import Any

MEASURED: dict[str, Any] = {
    "smoke_test": {"sample_size": 10},
    "hyperparameters": {"batchSize": 16, "trainingSamplePerPrompt": 4},
    "calibration": {"rows": 20, "samples_per_row": 2},
    "evaluation": {"enabled": True},
    "dataset": {"split": {"train": 0.55, "validation": 0.1, "test": 0.35}},
}
ONLY_EVALUATED = {**MEASURED, "calibration": {"enabled": False}}
