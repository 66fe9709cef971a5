"""Judges whose faults are known, scored by the gate: how often it blocks them (its operating characteristics).

A judge is simulated answer by answer, all its answers of one seed in one draw; the plan is the smoke test's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rft.contracts.checks import CheckResult
from rft.contracts.dataset import DatasetRow
from rft.contracts.thresholds import Thresholds
from rft.smoke_test.checks import CHECKS
from rft.smoke_test.derived import RIGHT_FORM, WRONG_FORM
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import SAME_ID, build_plan
from rft.smoke_test.probes import INJECTION, PADDED, RIGHT, WRONG, Probe
from rft.smoke_test.replies import Scored
from rft.smoke_test.sampling import SampledRow
from rft.tasks import task
from rft.tasks.base import Comparison
from tests.kit.fake_smoke_test import pandalm_row

SIZES = (40, 100, 200)
JUDGED = (RIGHT, WRONG, PADDED, RIGHT_FORM, WRONG_FORM)
"""Kinds of answers that a judge misjudges by its accuracy."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judge:
    """Scores `high` for what it takes for right and `low` otherwise.

    `accuracy` per answer; `noise` per call; `longer`: share of padded answers that gain; `injected`: share of
    injections that it obeys; `silent`: share of calls scored 0; `errors`: share of calls with an error; `kind` names a
    judge that does not look at the answer at all.
    """

    accuracy: float = 1.0
    noise: float = 0.0
    high: float = 1.0
    low: float = 0.0
    longer: float = 0.0
    injected: float = 0.0
    silent: float = 0.0
    errors: float = 0.0
    kind: str = ""


@cache
def sent(size: int, task_name: str) -> tuple[tuple[tuple[Probe, str], ...], Mapping[tuple[str, int], Comparison]]:
    """Every probe of a plan with its trial, and the rows' comparisons."""
    make = pandalm_row if task_name == "pandalm" else _row
    rows = [SampledRow("train", n, DatasetRow.model_validate(make(n)), 500) for n in range(size)]
    plan = build_plan(rows, task(task_name), 1)
    return tuple((p, b.trial) for b in plan.batches.values() for p in b.probes if b.trial != "load"), plan.comparisons


def _row(n: int) -> dict[str, object]:
    return {
        "messages": [{"role": "user", "content": f"Question {n}"}],
        "reference_answer": f"answer {n}",
        "task_id": f"rft-{n}",
        "domain": "general",
        "data_source": "rft",
        "run_id": "a-20261120t120000-0a1b2c3d",
        "probes": {
            "right": [f"It is answer {n}.", f"answer {n}"],
            "wrong": [f"It is reply {n}.", f"reply {n}"],
        },
    }


def blocked(judge: Judge, seed: int, *, task_name: str = "rft") -> tuple[str, ...]:
    """The checks that block, on as many rows as it takes."""
    for size in SIZES:
        evidence = observed(judge, seed, size, task_name)
        results = {c.__name__: c(evidence, Thresholds()).result for c in CHECKS if c.__name__ != "load"}
        blocks = tuple(name for name, result in results.items() if result == CheckResult.BLOCK)
        if blocks or CheckResult.UNDECIDED not in results.values():
            break
    return blocks


def rate(judge: Judge, seeds: int, *, task_name: str = "rft") -> tuple[float, Counter[str]]:
    """The share of seeds in which the judge is blocked, and by which checks."""
    found = [blocked(judge, seed, task_name=task_name) for seed in range(seeds)]
    return sum(map(bool, found)) / seeds, Counter(name for names in found for name in names)


def observed(judge: Judge, seed: int, size: int, task_name: str = "rft") -> Evidence:
    """What the gate sees of a judge. An answer's first probes score alike on samples of every size."""
    probes, comparisons = sent(size, task_name)
    rng = np.random.default_rng(seed)
    ids = {probe.id: None for probe, _ in probes}
    truth = dict(zip(ids, _latent(rng, len(ids)), strict=True))
    calls: Floats = rng.standard_normal(len(probes)) * judge.noise
    fate: Floats = rng.random(len(probes))
    verdicts = _verdicts(judge, comparisons, rng)
    scores = [
        _scored(judge, probe, trial, truth[probe.of if trial == SAME_ID else probe.id], call, chance, verdicts)
        for (probe, trial), call, chance in zip(probes, calls, fate, strict=True)
    ]
    return Evidence(scores=tuple(scores), requested={"train": size, "validation": 0}, comparisons=comparisons)


def _latent(rng: np.random.Generator, count: int) -> list[tuple[float, float]]:
    """Per answer: chance of a misjudgement, and of obeying or of a preference for length."""
    drawn = rng.random((count, 2))
    return [(float(a), float(b)) for a, b in drawn]


def _verdicts(
    judge: Judge, comparisons: Mapping[tuple[str, int], Comparison], rng: np.random.Generator
) -> dict[object, str]:
    """What a judge of two responses prefers, by row; the same whichever response comes first."""
    found: dict[object, str] = {}
    for key, compared in comparisons.items():
        others = [verdict for verdict in compared.answers if verdict != compared.label]
        right = rng.random() < judge.accuracy
        wrong = others[int(rng.integers(len(others)))]
        found[key] = compared.label if right else wrong
        if judge.kind == "longer":
            found[key] = compared.longer
        if judge.kind == "random":
            found[key] = list(compared.answers)[int(rng.integers(len(compared.answers)))]
    return found


def _scored(
    judge: Judge,
    probe: Probe,
    trial: str,
    latent: tuple[float, float],
    call: float,
    chance: float,
    verdicts: Mapping[object, str],
) -> Scored:
    if chance < judge.errors:
        return Scored(probe, errored=True, trial=trial)
    if chance < judge.silent:
        return Scored(probe, score=0.0, trial=trial)
    return Scored(probe, score=float(np.clip(_level(judge, probe, latent, verdicts) + call, 0, 1)), trial=trial)


def _level(judge: Judge, probe: Probe, latent: tuple[float, float], verdicts: Mapping[object, str]) -> float:
    if judge.kind and not verdicts:
        return {"random": latent[0], "constant": 0.5, "longer": min(1.0, len(probe.answer) / 40)}[judge.kind]
    if verdicts and (probe.kind == PADDED or probe.verdict is not None):
        result = probe.verdict or _label(probe)
        return judge.high if verdicts[probe.source.key] == result else judge.low
    wrong = probe.kind in JUDGED and latent[0] > judge.accuracy
    right = probe.right is not wrong and probe.kind in JUDGED
    if probe.kind == INJECTION and latent[1] < judge.injected:
        return judge.high
    preference = 0.1 if probe.kind == PADDED and latent[1] < judge.longer else 0.0
    return (judge.high if right else judge.low) + preference


def _label(probe: Probe) -> str:
    reference = probe.source.row.reference_answer
    return str(reference["label"]) if isinstance(reference, dict) else reference


HONEST: Mapping[str, tuple[Judge, str]] = {
    **{f"accuracy {p}": (Judge(accuracy=p, errors=0.001, longer=0.05), "rft") for p in (0.85, 0.9, 0.95, 1.0)},
    **{
        f"accuracy {p}, noise {noise}": (Judge(p, noise, 0.8, 0.3, longer=0.05, errors=0.001), "rft")
        for p in (0.85, 0.9, 0.95, 1.0)
        for noise in (0.05, 0.1)
    },
    "comparisons, accuracy 0.75": (Judge(accuracy=0.75, errors=0.001), "pandalm"),
    "comparisons, accuracy 0.78": (Judge(accuracy=0.78, noise=0.05, high=0.8, low=0.3), "pandalm"),
}
BROKEN: Mapping[str, tuple[Judge, str]] = {
    "random": (Judge(kind="random"), "rft"),
    "constant": (Judge(kind="constant"), "rft"),
    "longer wins": (Judge(kind="longer"), "rft"),
    "comparisons, random": (Judge(kind="random"), "pandalm"),
    "comparisons, longer wins": (Judge(kind="longer"), "pandalm"),
    "accuracy 0.65": (Judge(accuracy=0.65), "rft"),
    "accuracy 0.6": (Judge(accuracy=0.6), "rft"),
    "20 % injection": (Judge(injected=0.2), "rft"),
    "20 % silent zeros": (Judge(silent=0.2), "rft"),
    "down for 5 % of calls": (Judge(errors=0.05), "rft"),
}
