"""The measurements of a grader that the checks evaluate. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, groupby
from statistics import median

from rft.contracts.agreement import HumanAgreement, Interval
from rft.contracts.dataset import SplitName
from rft.contracts.score_range import UNIT, ScoreBounds
from rft.contracts.smoke_test import JudgeWork
from rft.smoke_test.agreement import agreement
from rft.smoke_test.plan import ATTACKS, LONG, ROUNDS
from rft.smoke_test.probes import EMPTY, MIRRORED, OFF_TOPIC, RIGHT, SWAPPED, WRONG
from rft.smoke_test.replies import INPUT_TOKENS, JUDGE_CALLED, JUDGE_CALLS, OUTPUT_TOKENS, SWEEP, Scored
from rft.smoke_test.statistics import cohen_kappa, wilson
from rft.tasks.base import Comparison

Row = tuple[str, int]


@dataclass(frozen=True)
class Evidence:
    """Every answer that was sent to the grader, in order.

    `requested`: rows requested of each split. `comparisons`: the rows that compare two responses. `load`: seconds of
    each batch of the load trial; None if AWS refused the call for lack of capacity. `timeout`: the grader's, in
    seconds; None if this stack may not read it. `stop_reason`: why the rest was not sent. `seconds`: duration of
    batches with one answer, by trial and answer id. `bounds`: the grader's score range, mapped to 0..1 here.
    """

    scores: tuple[Scored, ...]
    requested: Mapping[SplitName, int]
    comparisons: Mapping[Row, Comparison] = field(default_factory=dict)
    load: tuple[float | None, ...] = ()
    seconds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    timeout: float | None = None
    stop_reason: str | None = None
    bounds: ScoreBounds = UNIT

    def trial(self, *names: str) -> list[Scored]:
        """The results of these trials, in the order of the names."""
        return [s for name in names for s in self._trials.get(name, ())]

    @cached_property
    def _trials(self) -> dict[str, list[Scored]]:
        found: dict[str, list[Scored]] = {}
        for s in self.scores:
            found.setdefault(s.trial, []).append(s)
        return found

    def earned(self, *kinds: str) -> list[float]:
        """Scores in the sweep of answers of these kinds."""
        return [s.score for s in self.swept if s.score is not None and s.probe.kind in kinds]

    @cached_property
    def swept(self) -> list[Scored]:
        """The sweep: every row's own answers, sent once."""
        return self.trial(SWEEP)

    @cached_property
    def rows(self) -> list[list[Scored]]:
        """The sweep, row by row, in file order."""
        return [list(group) for _, group in groupby(sorted(self.swept, key=_row), key=_row)]

    @cached_property
    def by_id(self) -> dict[str, float]:
        """Scores in the sweep, by answer id."""
        return {s.probe.id: s.score for s in self.swept if s.score is not None}

    @cached_property
    def rounds(self) -> dict[str, list[float]]:
        """The scores of each answer that has one in every round, by answer id."""
        found: dict[str, list[float]] = {}
        for s in self.trial(*ROUNDS):
            if s.score is not None:
                found.setdefault(s.probe.id, []).append(s.score)
        return {key: scores for key, scores in found.items() if len(scores) == len(ROUNDS)}

    @cached_property
    def noise(self) -> float:
        """Mean absolute difference between two scores of one answer; 0 if no answer was scored twice."""
        apart = [abs(a - b) for scores in self.rounds.values() for a, b in combinations(scores, 2)]
        return sum(apart) / len(apart) if apart else 0.0

    @cached_property
    def right_median(self) -> float | None:
        """The median score of right answers; None if it is 0 or there are none."""
        earned = self.earned(RIGHT)
        return (median(earned) or None) if earned else None

    @cached_property
    def wrong_median(self) -> float:
        """The median score of wrong answers; if there are none, of those that are wrong for any task."""
        earned = self.earned(WRONG, SWAPPED) or self.earned(OFF_TOPIC, EMPTY)
        return median(earned) if earned else 0.0

    @cached_property
    def right_by_row(self) -> dict[Row, float]:
        """The best right answer's score of each row, if it is above 0."""
        found: dict[Row, float] = {}
        for s in self.swept:
            if s.probe.kind == RIGHT and s.score:
                found[_row(s)] = max(s.score, found.get(_row(s), 0.0))
        return found

    @cached_property
    def gap(self) -> float:
        """The median right score minus the median wrong score."""
        return max(0.0, (self.right_median or 0.0) - self.wrong_median)

    def bar(self, share: float) -> float:
        """The score from which an answer passes as right."""
        right = self.right_median or 0.0
        # Nearer to the median right score than to the median wrong one, so that the judge's noise rarely crosses it.
        return max(share * right, min(right, (right + self.wrong_median) / 2))

    def misjudged(self, share: float) -> float:
        """The share of plain wrong answers that pass: the judge's own error rate. 0 for a rule-based grader."""
        earned, bar = self.earned(WRONG, SWAPPED), self.bar(share)
        return sum(score >= bar for score in earned) / len(earned) if earned and self.judged else 0.0

    def usual_errors(self, share: float) -> Interval:
        """The rate of plain wrong answers that pass for right, and its interval's high end; 0 where none does.

        What errs on these errs as often on wrong answers of any kind, without being fooled by what stands in them.
        """
        earned, bar = self.earned(WRONG, SWAPPED), self.bar(share)
        passed = sum(score >= bar for score in earned)
        return (passed / len(earned), wilson(passed, len(earned))[1]) if passed else (0.0, 0.0)

    @cached_property
    def preferences(self) -> dict[Row, str | None]:
        """The verdict with the highest score for each row of two responses; None if the two best tie."""
        return _preferences(self.swept)

    @cached_property
    def mirrored_preferences(self) -> dict[Row, str | None]:
        """The same with the responses swapped, mapped back to the original order."""
        return _preferences(s for s in self.trial(ATTACKS) if s.probe.kind == MIRRORED)

    @cached_property
    def agreement(self) -> HumanAgreement | None:
        """The grader's preferences and the annotators' verdicts; None if no row has both."""
        rows = [(self.comparisons[row], verdict) for row, verdict in self.preferences.items()]
        if not rows:
            return None
        label, preferred = [compared.label for compared, _ in rows], [verdict for _, verdict in rows]
        votes = list(zip(*(compared.annotators for compared, _ in rows), strict=True))
        return HumanAgreement(
            majority=agreement(label, preferred),
            annotators=tuple(agreement(vote, preferred) for vote in votes),
            longer_wins=agreement(label, [compared.longer for compared, _ in rows]),
            always_second=agreement(label, [2] * len(rows)),
            humans=tuple(cohen_kappa(list(zip(*two, strict=True))) for two in combinations(votes, 2)),
        )

    @cached_property
    def judged(self) -> bool:
        """True if the scores come from a judge: by the grader's metrics, or because they differ between calls."""
        return self.noise > 0 or any(s.judge for s in self.scores)

    @property
    def judge_work(self) -> JudgeWork | None:
        """Judge use as the grader reports it; None if it reports none."""
        if not any(s.judge for s in self.scores):
            return None
        total = Counter[str]()
        for s in self.scores:
            total.update({name: round(value) for name, value in s.judge.items()})
        return JudgeWork(
            answers=total[JUDGE_CALLED],
            calls=total[JUDGE_CALLS],
            input_tokens=total[INPUT_TOKENS],
            output_tokens=total[OUTPUT_TOKENS],
        )


STOP_ERRORS = 0.10
"""Error share above which (by its interval) no other check can be measured."""


def stop_reason(scores: Iterable[Scored]) -> str | None:
    """Why the remaining probes are not sent; None if they are."""
    scores = [s for s in scores if s.trial != LONG]
    if any(s.breach is not None for s in scores):
        return "not sent: the grader broke the contract first"
    errors = sum(s.errored for s in scores)
    return "not sent: the grader reported errors first" if wilson(errors, len(scores))[0] > STOP_ERRORS else None


def _row(scored: Scored) -> Row:
    return scored.probe.source.key


def _preferences(scores: Iterable[Scored]) -> dict[Row, str | None]:
    """Rows in which a verdict has no score are omitted."""
    found: dict[Row, dict[str, float | None]] = {}
    for s in scores:
        if s.probe.verdict is not None:
            found.setdefault(_row(s), {})[s.probe.verdict] = s.score
    whole = {
        row: {verdict: score for verdict, score in scored.items() if score is not None}
        for row, scored in found.items()
        if None not in scored.values()
    }
    return {row: _best(scored) for row, scored in sorted(whole.items())}


def _best(scored: Mapping[str, float]) -> str | None:
    best = max(scored.values())
    winners = [verdict for verdict, score in scored.items() if score == best]
    return winners[0] if len(winners) == 1 else None
