"""Combines rule-based scores by weight; a failed gate caps the whole score."""

from __future__ import annotations

from collections.abc import Sequence

from rft.contracts.graders.rules import Composite, Gate, Scorer
from rft.contracts.grading import Sample
from rft.rewards import extract, finqa, format, gsm8k, safety  # noqa: A004  named after what it checks
from rft.rewards.components import Component, score_of
from rft.rewards.declared import declared


def components(sample: Sample, default: Composite | None = None) -> Sequence[Component]:
    """One component for each weighted scorer, and one for each gate (1 if passed).

    The row's own composite takes precedence over `default`. Raises UngradableSample if there is neither, or if the
    composite or an input of one of its scorers is invalid: a row is never scored partially.
    """
    composite = declared(sample, "composite", Composite, default)
    names = composite.weights.keys() | composite.gates.keys()
    scores = {name: score_of(_parts(name, sample, composite)) for name in sorted(names)}
    return (
        *(Component(name, scores[name], weight) for name, weight in composite.weights.items()),
        *(_gate(name, scores[name], gate) for name, gate in composite.gates.items()),
    )


def _parts(name: Scorer, sample: Sample, composite: Composite) -> Sequence[Component]:
    if name == "format":
        return format.components(sample, composite.format)
    if name == "safety":
        return safety.components(sample, composite.safety)
    return {"gsm8k": gsm8k.components, "finqa": finqa.components, "extract": extract.components}[name](sample)


def _gate(name: Scorer, score: float, gate: Gate) -> Component:
    passed = score >= gate.minimum
    return Component(f"{name}_gate", float(passed), cap=None if passed else gate.cap)
