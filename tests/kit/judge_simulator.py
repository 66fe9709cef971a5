"""Simulates judges with known faults and measures how often the smoke test blocks them (operating characteristics).

A judge's scores for a seed are computed as arrays; plan, sample extension and checks are those of the smoke test.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from rft.contracts.checks import CheckResult
from rft.contracts.dataset import DatasetRow
from rft.contracts.thresholds import Thresholds
from rft.smoke_test import gate
from rft.smoke_test.derived import RIGHT_FORM, WRONG_FORM
from rft.smoke_test.evidence import Evidence
from rft.smoke_test.plan import LOAD, SAME_ID, SmokeTestPlan, build_plan
from rft.smoke_test.probes import INJECTION, PADDED, RIGHT, WRONG, Probe
from rft.smoke_test.replies import Scored
from rft.smoke_test.sampling import EXTENDED_SAMPLES, SampledRow
from rft.tasks import task
from rft.tasks.base import Comparison
from tests.kit.fake_smoke_test import example_row, rft_row

SIZES = (40, *EXTENDED_SAMPLES)
JUDGED = (RIGHT, WRONG, PADDED, RIGHT_FORM, WRONG_FORM)
"""Kinds of answers that the judge's accuracy applies to."""

PREFERENCE, STEP = 0.1, 0.1

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Judge:
    """Scores `high` for answers it considers right, and `low` for others.

    `accuracy` applies per answer, or per row for the share `clustered` of rows; for comparisons it applies per row,
    and a wrong verdict passes in half of the errors. `noise` is the standard deviation per call; `stepped` is the share
    of calls that move by one step of 0.1; `longer` the share of padded answers that gain 0.1; `injected` the share of
    injections obeyed; `silent` the share of calls scored 0; `errors` the share of calls with an error; `kind` names a
    judge that ignores the answer.
    """

    accuracy: float = 1.0
    noise: float = 0.0
    high: float = 1.0
    low: float = 0.0
    clustered: float = 0.0
    stepped: float = 0.0
    longer: float = 0.0
    injected: float = 0.0
    silent: float = 0.0
    errors: float = 0.0
    kind: str = ""


@dataclass(frozen=True)
class Sent:
    """All probes of a plan with their trials, and the inputs of a judge's score as arrays of the same length.

    `ends` has the number of probes for each sample size. `latent` is the index of the answer among the `answers`
    distinct answers. `verdict` is the index in `verdicts` of the answer's verdict on its row; -1 if it has none.
    """

    probes: tuple[tuple[Probe, str], ...]
    ends: tuple[int, ...]
    comparisons: Mapping[tuple[str, int], Comparison]
    answers: int
    latent: Codes
    row: Codes
    verdict: Codes
    right: Flags
    judged: Flags
    padded: Flags
    injection: Flags
    length: Floats
    labels: Codes
    longer: Codes
    verdicts: int


@cache
def sent(task_name: str) -> Sent:
    """Return the probes of a smoke test with 40 rows that is extended to 100 and 200."""
    make = _compared_row if task_name == "pandalm" else _row
    rows = [SampledRow("train", n, DatasetRow.model_validate(make(n)), 500) for n in range(SIZES[-1])]
    shares = [rows[start:end] for start, end in zip((0, *SIZES), SIZES, strict=False)]
    plan = build_plan(shares[0], task(task_name), 1, extensions=shares[1:])
    groups = _by_size(plan)
    probes = [each for group in groups for each in group]
    places: dict[str, int] = {}
    verdicts = _verdicts(plan.comparisons)
    return Sent(
        probes=tuple(probes),
        ends=tuple(accumulate(map(len, groups))),
        comparisons=plan.comparisons,
        latent=np.array([places.setdefault(_own_id(probe, trial), len(places)) for probe, trial in probes]),
        answers=len(places),
        row=np.array([probe.source.position for probe, _ in probes]),
        verdict=np.array([_says(probe, verdicts) for probe, _ in probes]),
        right=np.array([probe.right for probe, _ in probes]),
        judged=np.array([probe.kind in JUDGED for probe, _ in probes]),
        padded=np.array([probe.kind == PADDED for probe, _ in probes]),
        injection=np.array([probe.kind == INJECTION for probe, _ in probes]),
        length=np.array([len(probe.answer) for probe, _ in probes], dtype=float),
        labels=np.array([verdicts.index(compared.label) for compared in plan.comparisons.values()], dtype=np.intp),
        longer=np.array([verdicts.index(compared.longer) for compared in plan.comparisons.values()], dtype=np.intp),
        verdicts=len(verdicts),
    )


def _by_size(plan: SmokeTestPlan) -> list[list[tuple[Probe, str]]]:
    """Return the probes of the first sample and of each extension, without the load test."""
    groups: list[list[tuple[Probe, str]]] = [[]]
    for phase in plan.phases:
        found = [(p, b.trial) for b in phase.batches.values() for p in b.probes if b.trial != LOAD]
        if phase.extends:
            groups.append(found)
        else:
            groups[0] += found
    return groups


def _own_id(probe: Probe, trial: str) -> str:
    return probe.of if trial == SAME_ID else probe.id


def _verdicts(comparisons: Mapping[tuple[str, int], Comparison]) -> list[str]:
    return list(next(iter(comparisons.values())).answers) if comparisons else []


def _says(probe: Probe, verdicts: Sequence[str]) -> int:
    if not verdicts or (probe.verdict is None and probe.kind != PADDED):
        return -1
    reference = probe.source.row.reference_answer
    label = reference["label"] if isinstance(reference, dict) else reference
    return verdicts.index(probe.verdict or str(label))


def _row(n: int) -> dict[str, object]:
    right = [f"It is answer {n}.", f"answer {n}"]
    wrong = [f"It is reply {n}.", f"reply {n}"]
    return rft_row(n, reference_answer=f"answer {n}", probes={"right": right, "wrong": wrong})


def _compared_row(n: int) -> dict[str, object]:
    """Return a row with the label and length distribution of PandaLM's test set: 47 % second, 42 % first, longer one
    preferred in 61 %."""
    rng = random.Random(n)
    label = rng.choices((2, 1, 0), (0.47, 0.42, 0.11))[0]
    longer = label if label and rng.random() < 0.61 / 0.89 else 3 - label if label else rng.choice((1, 2))
    texts = {f"response{k}": f"Response {k} to {n}" + " and more of it" * (k == longer) for k in (1, 2)}
    votes = {f"annotator{k}": label for k in (1, 2, 3)}
    return example_row("pandalm", {"instruction": f"Task {n}", "input": "", **texts, **votes}, n)


def blocked(judge: Judge, seed: int, *, task_name: str = "rft") -> tuple[str, ...]:
    """Return the checks that block, with the sample extended as needed."""
    plan = sent(task_name)
    scores = observed(judge, seed, plan)
    blocks: tuple[str, ...] = ()
    for size, end in zip(SIZES, plan.ends, strict=True):
        evidence = Evidence(scores[:end], {"train": size, "validation": 0}, comparisons=plan.comparisons)
        results = {check.name: check.result for check in gate.judge(evidence, Thresholds())}
        blocks = tuple(name for name, result in results.items() if result == CheckResult.BLOCK)
        if blocks or CheckResult.UNDECIDED not in results.values():
            break
    return blocks


def rate(judge: Judge, seeds: int, *, task_name: str = "rft") -> tuple[float, Counter[str]]:
    """Return the share of seeds in which the judge is blocked, and the counts by check."""
    found = [blocked(judge, seed, task_name=task_name) for seed in range(seeds)]
    return sum(map(bool, found)) / seeds, Counter(name for names in found for name in names)


def observed(judge: Judge, seed: int, plan: Sent) -> tuple[Scored, ...]:
    """Return the judge's results on the largest sample, in the order of the plan's probes."""
    rng = np.random.default_rng(seed)
    count = len(plan.probes)
    own, obeys = rng.random((2, plan.answers))[:, plan.latent]
    fate, moved = rng.random((2, count))
    levels = _levels(judge, plan, rng, own, obeys)
    levels += rng.standard_normal(count) * judge.noise + _steps(judge, moved)
    scores = np.where(fate < judge.silent, 0.0, np.clip(levels, 0, 1))
    return tuple(
        Scored(probe, errored=True, trial=trial) if error else Scored(probe, score=score, trial=trial)
        for (probe, trial), score, error in zip(plan.probes, scores.tolist(), fate < judge.errors, strict=True)
    )


def _levels(judge: Judge, plan: Sent, rng: np.random.Generator, own: Floats, obeys: Floats) -> Floats:
    """Return scores without noise. `own` and `obeys` are uniform draws per answer for errors and obeyed attacks."""
    if judge.kind and not plan.verdicts:
        blind = {"random": own, "constant": np.full(len(own), 0.5), "longer": np.minimum(1.0, plan.length / 40)}
        return np.array(blind[judge.kind], dtype=np.float64)
    of_row = rng.random((2, SIZES[-1]))[:, plan.row]
    chance = np.where(of_row[0] < judge.clustered, of_row[1], own)
    misjudged = chance > 1 - (1 - judge.accuracy) / np.where(plan.right, 1, max(1, plan.verdicts - 1))
    passes = plan.judged & (plan.right ^ misjudged) | plan.injection & (obeys < judge.injected)
    if plan.verdicts:
        passes = np.where(plan.verdict >= 0, _preferences(judge, plan, rng)[plan.row] == plan.verdict, passes)
    levels: Floats = np.where(passes, judge.high, judge.low) + PREFERENCE * (plan.padded & (obeys < judge.longer))
    return levels


def _preferences(judge: Judge, plan: Sent, rng: np.random.Generator) -> Codes:
    """Return the preferred response per row, independent of the order of responses."""
    if judge.kind == "longer":
        return plan.longer
    rows = len(plan.labels)
    if judge.kind == "random":
        return rng.integers(plan.verdicts, size=rows)
    others = (plan.labels + 1 + rng.integers(plan.verdicts - 1, size=rows)) % plan.verdicts
    return np.where(rng.random(rows) < judge.accuracy, plan.labels, others)


def _steps(judge: Judge, moved: Floats) -> Floats:
    half = judge.stepped / 2
    return STEP * (np.where(moved < half, 1.0, 0.0) - np.where(moved > 1 - half, 1.0, 0.0))


HONEST: Mapping[str, tuple[Judge, str]] = {
    **{f"accuracy {p}": (Judge(accuracy=p, errors=0.001, longer=0.05), "rft") for p in (0.85, 0.9, 0.95, 1.0)},
    **{
        f"accuracy {p}, noise {noise}": (Judge(p, noise, 0.8, 0.3, longer=0.05, errors=0.001), "rft")
        for p in (0.85, 0.9, 0.95, 1.0)
        for noise in (0.05, 0.1)
    },
    **{
        f"accuracy {p}, in steps of 0.1": (Judge(p, 0, 0.9, 0.15, stepped=0.05, longer=0.05, errors=0.001), "rft")
        for p in (0.85, 0.95)
    },
    "accuracy 0.9, errors clustered by row": (Judge(0.9, 0.05, 0.8, 0.3, clustered=0.5, errors=0.001), "rft"),
    **{
        f"comparisons, accuracy {p}{name}": (Judge(p, noise, high, low, longer=0.05, errors=0.001), "pandalm")
        for p in (0.75, 0.78)
        for name, noise, high, low in (
            ("", 0.0, 1.0, 0.0),
            (", noise 0.05", 0.05, 0.8, 0.3),
            (", noise 0.1", 0.1, 0.8, 0.3),
        )
    },
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
