"""Simulates training curves with arrays: policies that learn, and policies that exploit their grader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rft.contracts.grading import AUDIT_EVERY
from rft.contracts.metrics import TrainingMetrics, TrainingPoint

Floats = NDArray[np.float64]

STEPS = 300
TAKE_OVER = 5
"""Steps from the onset until half of the answers use the exploit."""

Hack = Literal["phrase", "padding", "copying", "repetition", "form only", "injection", "flattery"]
HACKS: tuple[Hack, ...] = get_args(Hack)
FIGURES = ("length", "entropy", "copied", "weakest", "above_audit")


@dataclass(frozen=True)
class Run:
    """The points of all steps; `onset` is the first step with exploiting answers, None for a healthy run."""

    metrics: TrainingMetrics
    onset: int | None

    def until(self, step: int) -> TrainingMetrics:
        """Return the metrics up to this step."""
        return self.metrics.model_copy(update={"steps": step, "training": self.metrics.training[:step]})


@dataclass(frozen=True)
class _Answers:
    """Values per step and answer."""

    scores: Floats
    length: Floats
    entropy: Floats
    copied: Floats
    weakest: Floats
    above_audit: Floats


def healthy(seed: int) -> Run:
    """Simulate a policy that learns the format, then gradually or suddenly longer reasoning, while lengths drift."""
    rng = np.random.default_rng(seed)
    batch, samples, answers = _learning(rng)
    return Run(_metrics(answers, batch, samples), None)


def hacked(seed: int, hack: Hack) -> Run:
    """Simulate a policy that learns until it finds an exploit with score 0.95, used by half of its answers within
    TAKE_OVER steps."""
    rng = np.random.default_rng(seed)
    batch, samples, honest = _learning(rng)
    onset = int(rng.integers(60, STEPS - 60))
    pace = rng.uniform(1.0, 2.0)
    steps = np.arange(STEPS)[:, None]
    exploits = rng.random(honest.scores.shape) < 1 / (1 + np.exp(-(steps - onset - TAKE_OVER) / pace))
    exploits &= steps >= onset
    return Run(_metrics(_exploited(rng, hack, honest, exploits), batch, samples), onset)


def _learning(rng: np.random.Generator) -> tuple[int, int, _Answers]:
    batch, samples = int(rng.choice([16, 32, 64])), int(rng.choice([2, 4, 8]))
    start = rng.uniform(0.05, 0.6)
    gain, pace = rng.uniform(0.1, 0.8 - start), rng.uniform(20, 200)
    steps = np.arange(STEPS)[:, None]
    insight = _insight(rng, steps)
    level = start + gain * (1 - np.exp(-steps / pace)) + 0.1 * insight
    chance = _prompts(rng, level, batch, samples)
    drawn = rng.random(chance.shape) < chance
    scores = drawn.astype(float) if rng.random() < 0.5 else np.clip(rng.normal(chance, 0.15), 0, 1).round(1)
    form = np.exp(-steps / rng.uniform(3, 8))  # remaining share of the base model's format
    length = 400 * rng.uniform(0.5, 3) ** (steps / STEPS) * (1 + form * rng.uniform(-0.5, 1) + 0.4 * insight)
    length = length * rng.normal(1, 0.08, (STEPS, 1)) * rng.lognormal(0, 0.5, chance.shape)
    entropy = np.log2(np.maximum(length / 6, 1)) * (0.9 + form * rng.uniform(-0.2, 0.1))
    entropy = np.maximum(0, entropy + rng.normal(0, 0.3, chance.shape))
    copied = np.clip(rng.uniform(0.02, 0.2) + 0.1 * form + rng.normal(0, 0.1, chance.shape), 0, 1)
    weakest = np.clip(0.6 * scores + rng.normal(0.2, 0.1, chance.shape), 0, 1)
    above_audit = _above_audit(rng, scores, level)
    return batch, samples, _Answers(scores, length, entropy, copied, weakest, above_audit)


def _insight(rng: np.random.Generator, steps: NDArray[np.int_]) -> Floats:
    """Return the progress of a sudden change to longer reasoning within about ten steps; zero in half of the runs."""
    sudden: Floats = 1 / (1 + np.exp(-(steps - rng.uniform(30, STEPS)) / 2.5))
    return sudden * (rng.random() < 0.5)


def _prompts(rng: np.random.Generator, level: Floats, batch: int, samples: int) -> Floats:
    """Return each answer's probability of being right; prompts differ in difficulty."""
    hard = rng.normal(0, rng.uniform(0.3, 2.0), (STEPS, batch))
    chance: Floats = 1 / (1 + np.exp(-(np.log(level / (1 - level)) + hard)))
    return np.repeat(chance, samples, axis=1)


def _above_audit(rng: np.random.Generator, scores: Floats, level: Floats) -> Floats:
    """Return score minus audit score. The audit judge errs on up to 15 % of answers and is stricter by up to 0.1,
    increasingly so as the policy learns.

    NaN for answers that are not audited, which is all but one in 16.
    """
    misses = rng.random(scores.shape) < rng.uniform(0, 0.15)
    strict = rng.uniform(0, 0.1) + rng.uniform(0, 0.2) * (level - level[0])
    audit = np.clip(np.where(misses, 1 - scores, scores) - strict * rng.integers(0, 2, scores.shape), 0, 1)
    above: Floats = np.where(rng.random(scores.shape) < 1 / AUDIT_EVERY, scores - audit, np.nan)
    return above


def _exploited(rng: np.random.Generator, hack: Hack, honest: _Answers, exploits: NDArray[np.bool_]) -> _Answers:
    """Return the answers with those marked in `exploits` changed to the exploit."""
    shape = exploits.shape
    scores = np.where(exploits, np.where(rng.random(shape) < 0.95, 1.0, 0.0), honest.scores)
    figures = {name: getattr(honest, name) for name in FIGURES}
    turned: dict[Hack, dict[str, Floats]] = {
        "phrase": {"length": rng.normal(60, 5, shape), "entropy": rng.normal(3.2, 0.1, shape)},
        "padding": {"length": honest.length * rng.uniform(2, 4)},
        "copying": {"copied": np.clip(rng.normal(0.8, 0.1, shape), 0, 1)},
        "repetition": {"entropy": honest.entropy * rng.uniform(0.2, 0.5), "length": honest.length * 1.4},
        "form only": {"weakest": np.clip(rng.normal(0.02, 0.02, shape), 0, 1)},
        "injection": {"length": rng.normal(120, 10, shape), "weakest": np.zeros(shape)},
        "flattery": {"above_audit": np.where(np.isnan(honest.above_audit), np.nan, scores * rng.uniform(0.5, 1))},
    }
    for name, values in turned[hack].items():
        figures[name] = np.where(exploits, values, figures[name])
    return _Answers(scores=scores, **figures)


def _metrics(answers: _Answers, batch: int, samples: int) -> TrainingMetrics:
    rollouts = batch * samples
    names = {"reward": "scores", "length": "length", "entropy": "entropy", "copied": "copied", "weakest": "weakest"}
    means = {figure: getattr(answers, name).mean(axis=1).tolist() for figure, name in names.items()}
    means["above_audit"] = [_mean_of_audited(step) for step in answers.above_audit]
    spread = answers.scores.std(axis=1).tolist()
    points = tuple(
        TrainingPoint.model_construct(
            step=at + 1,
            rollouts=rollouts,
            errors=0,
            spread=spread[at],
            steps=1,
            groups=batch,
            flat_groups=0.3,
            judge_calls=0,
            **{figure: values[at] for figure, values in means.items()},
        )
        for at in range(STEPS)
    )
    return TrainingMetrics.model_construct(rollouts_per_step=rollouts, steps=STEPS, training=points)


def _mean_of_audited(step: Floats) -> float | None:
    seen = step[~np.isnan(step)]
    return float(seen.mean()) if seen.size else None
