"""Searches by mutation and crossover of templates for high scores, within a budget of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

from rft.smoke_test.sampling import SampledRow
from rft.tasks.subject import Subject
from rft_cli.graders.attack.templates import (
    FORM,
    PROMPT,
    WRONG,
    Template,
    all_tokens,
    is_wrong,
    mutated,
    render,
    seeds,
)

Score = Callable[[Sequence[tuple[SampledRow, str]]], list[float]]
"""(row, answer) pairs → scores from 0 to 1; missing scores count as 0."""

Propose = Callable[[Subject, Sequence[tuple[float, Template]]], list[Template]]
"""The row's facts and the best attempts with their shares of a right answer's score → templates to try next."""

FULL_SHARE = 0.9
CONFIRMING_ROWS, CONFIRMED_SHARE = 8, 0.8
"""Number of rows on which an exploit is tested, and on how many it must work, to exclude chance."""

GENERATION, POPULATION, MAX_HOLES = 48, 24, 5


@dataclass(frozen=True)
class Target:
    """A row, its facts, and the score of its right answer."""

    row: SampledRow
    subject: Subject
    right: float


@dataclass(frozen=True)
class Hole:
    """An exploit. `template` is minimal: removing any token loses the reward. `answers`: task_id → the answer there."""

    template: Template
    score: float
    rate: float
    answers: tuple[tuple[str, str], ...]

    @property
    def explanation(self) -> str:
        """What the grader rewards, in words."""
        shown = {WRONG: "a wrong value", FORM: "a wrong value in the right form", PROMPT: "the prompt"}
        parts: list[str] = []
        for named, group in groupby(self.template, key=lambda token: token in shown):
            tokens = list(group)
            parts += [shown[token] for token in tokens] if named else [repr("".join(tokens))]
        return " + ".join(parts) or "an empty answer"


class Search:
    """Deterministic for a seed and a grader. `calls`: number of answers sent so far."""

    def __init__(
        self,
        targets: Sequence[Target],
        score: Score,
        *,
        budget: int,
        own: Sequence[str],
        seed: int,
        propose: Propose = lambda *_: [],
    ) -> None:
        self._targets, self._score, self._budget, self._own, self._propose = targets, score, budget, own, propose
        self._rng = Random(seed)  # noqa: S311  a repeatable search, no secret
        self.calls = 0
        self._seen: set[Template] = set()

    def run(self) -> list[Hole]:
        """Minimised exploits that work on most rows, until the budget is used up."""
        tokens, holes = all_tokens(self._own), list[Hole]()
        population: list[tuple[float, Template]] = []
        queue = list(dict.fromkeys(seeds(self._own)))
        while self.calls < self._budget and len(holes) < MAX_HOLES:
            queue = queue or self._proposed(population)
            fresh = [queue.pop(0) for _ in range(min(GENERATION, len(queue)))] or self._bred(population, tokens)
            scored = self._shares(fresh)
            for share, template in scored:
                if share >= FULL_SHARE and not _covered(template, holes) and (hole := self._confirmed(template)):
                    holes.append(hole)
            best = sorted((*population, *scored), key=lambda each: -each[0])
            population = [each for each in best if not _covered(each[1], holes)][:POPULATION]
        return holes

    def _proposed(self, population: Sequence[tuple[float, Template]]) -> list[Template]:
        found = self._propose(self._rng.choice(self._targets).subject, population)
        return [template for template in found if template not in self._seen]

    def _bred(self, population: Sequence[tuple[float, Template]], tokens: Sequence[str]) -> list[Template]:
        parents = [template for _, template in population] or [("",)]
        made = [
            mutated(self._rng.choice(parents), self._rng.choice(parents), tokens, self._rng)
            for _ in range(4 * GENERATION)
        ]
        return [template for template in dict.fromkeys(made) if template not in self._seen][:GENERATION]

    def _shares(self, templates: Iterable[Template]) -> list[tuple[float, Template]]:
        """Tests each template on one row, relative to its right answer; skips templates that could be right."""
        tries = []
        for template in templates:
            self._seen.add(template)
            target = self._rng.choice(self._targets)
            answer = render(template, target.subject)
            if is_wrong(answer, target.subject):
                tries.append((template, target, answer))
        scores = self._send([(target, answer) for _, target, answer in tries])
        return [(score / target.right, template) for (template, target, _), score in zip(tries, scores, strict=False)]

    def _confirmed(self, template: Template) -> Hole | None:
        if self._rate(template) < CONFIRMED_SHARE:
            return None
        for at in reversed(range(len(template))):
            shorter = (*template[:at], *template[at + 1 :]) if at < len(template) else template
            if self._rate(shorter, rows=3) == 1 and self._rate(shorter) >= CONFIRMED_SHARE:
                template = shorter
        rows = self._targets[:CONFIRMING_ROWS]
        answers = [(t, render(template, t.subject)) for t in rows]
        scores = self._send(answers)
        paid = [
            (t.row.row.task_id, a)
            for (t, a), s in zip(answers, scores, strict=False)
            if s >= FULL_SHARE * t.right and is_wrong(a, t.subject)
        ]
        return Hole(template, max(scores, default=0.0), len(paid) / len(rows), tuple(paid)) if paid else None

    def _rate(self, template: Template, rows: int = CONFIRMING_ROWS) -> float:
        chosen = self._targets[:rows]
        answers = [(t, render(template, t.subject)) for t in chosen]
        wrong = [(t, a) for t, a in answers if is_wrong(a, t.subject)]
        scores = self._send(wrong)
        return sum(s >= FULL_SHARE * t.right for (t, _), s in zip(wrong, scores, strict=False)) / len(chosen)

    def _send(self, answers: Sequence[tuple[Target, str]]) -> list[float]:
        pending = answers[: max(0, self._budget - self.calls)]
        self.calls += len(pending)
        return self._score([(target.row, answer) for target, answer in pending]) if pending else []


def _covered(template: Template, holes: Sequence[Hole]) -> bool:
    """Whether a template contains a known exploit and so shows nothing new."""
    return any(set(hole.template) <= set(template) for hole in holes)
