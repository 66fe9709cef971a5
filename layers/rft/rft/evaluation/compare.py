"""Builds the evaluation report from both models' graded answers. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from rft.contracts.evaluation import (
    AuditSummary,
    ChangedRows,
    EvaluatedRow,
    EvaluationReport,
    EvaluationSummary,
    McNemarTest,
    ModelName,
    ModelUse,
    ProtocolSummary,
    SliceDifference,
    UnscoredRow,
    Verdict,
)
from rft.contracts.sampling import Answer, AnswerGrade
from rft.errors import EvaluationFailed
from rft.evaluation.judges import PUBLISHED, Judged, judge_agreement
from rft.evaluation.paired import Difference, ScorePair, effect_size, mcnemar, paired_difference
from rft.evaluation.slices import by_name, by_quartile, changes, slices
from rft.evaluation.verdict import FEWEST_GROUPS, detectable, hypothesis, verdict
from rft.smoke_test.statistics import percentile
from rft.tasks.base import Comparison

SOLVED = 0.5
"""Minimum score of a solved row in McNemar's test, regressions and improvements."""

MAX_UNSCORED = 0.2
"""Maximum share of unscored rows for a comparison, because rows may not be missing at random."""


@dataclass(frozen=True)
class TestRow:
    """Properties of a row used for slices; `characters` is the prompt's length."""

    row_id: str
    group: str
    label: str | None
    data_source: str
    characters: int
    comparison: Comparison | None = None


@dataclass(frozen=True)
class ModelRollouts:
    """One model's graded answers, including those to rows with swapped responses."""

    model_id: str
    graded: Sequence[tuple[Answer, AnswerGrade]]
    mirrored: Sequence[Answer] = ()


def evaluation_report(
    *,
    run_id: str,
    rows: Mapping[int, TestRow],
    base: ModelRollouts,
    tuned: ModelRollouts,
    protocol: ProtocolSummary,
    minimum_gain: float,
    uri: str,
) -> EvaluationReport:
    """`rows` by row number, in order. Raises EvaluationFailed if too many rows have no score."""
    models: dict[ModelName, ModelRollouts] = {"base": base, "tuned": tuned}
    pairs, unscored = pair_scores(rows, models)
    difference = paired_difference(pairs)
    found = changes(pairs, SOLVED)
    return EvaluationReport(
        run_id=run_id,
        summary=_summary(pairs, difference, models, protocol=protocol, minimum_gain=minimum_gain, uri=uri),
        rows=tuple(EvaluatedRow(row_id=p.row_id, group=p.group, base_score=p.base, tuned_score=p.tuned) for p in pairs),
        unscored=tuple(unscored),
        effect_size=effect_size(pairs),
        mcnemar=_mcnemar(pairs),
        slices=_slices(pairs, rows),
        changes=ChangedRows(
            regressions=found.regressions,
            improvements=found.improvements,
            regressed=found.regressed,
            improved=found.improved,
        ),
        models={name: _use(each) for name, each in models.items()},
        agreement=judge_agreement({name: _judged(rows, each) for name, each in models.items()}),
        published=PUBLISHED if any(row.comparison for row in rows.values()) else (),
    )


def audit_summary(
    judge: str,
    rows: Mapping[int, TestRow],
    models: Mapping[ModelName, ModelRollouts],
    *,
    minimum_gain: float,
    verdict_of_run: Verdict | None,
) -> AuditSummary:
    """The verdict by the audit judge's scores of the same answers; failed if too many rows have none."""
    try:
        pairs, _ = pair_scores(rows, models)
    except EvaluationFailed as error:
        return AuditSummary(judge=judge, status="failed", reason=str(error))
    found = paired_difference(pairs)
    audited = verdict(found, minimum_gain)
    return AuditSummary(
        judge=judge,
        status="completed",
        verdict=audited,
        agrees=audited == verdict_of_run,
        rows=found.rows,
        difference=found.value,
        interval=found.interval,
    )


def pair_scores(
    rows: Mapping[int, TestRow], models: Mapping[ModelName, ModelRollouts]
) -> tuple[list[ScorePair], list[UnscoredRow]]:
    """Mean scores of rows with a score from both models, and the unscored rows. Raises EvaluationFailed."""
    scores = {name: _scores(each.graded) for name, each in models.items()}
    unscored = [
        UnscoredRow(row_id=row.row_id, model=name, reason=_reason(models[name].graded, number))
        for name in models
        for number, row in rows.items()
        if number not in scores[name]
    ]
    both = [number for number in rows if all(number in found for found in scores.values())]
    if not both or len(rows) - len(both) > MAX_UNSCORED * len(rows):
        first = f"; first: {unscored[0].model} on {unscored[0].row_id}: {unscored[0].reason}" if unscored else ""
        raise EvaluationFailed(f"{len(rows) - len(both)} of {len(rows)} test rows have no score{first}")
    pairs = [ScorePair(rows[n].row_id, rows[n].group, base=scores["base"][n], tuned=scores["tuned"][n]) for n in both]
    return pairs, unscored


def _scores(graded: Sequence[tuple[Answer, AnswerGrade]]) -> dict[int, float]:
    found: dict[int, list[float]] = defaultdict(list)
    for answer, grade in graded:
        if grade.score is not None:
            found[answer.row].append(grade.score)
    return {row: fmean(scores) for row, scores in found.items()}


def _reason(graded: Sequence[tuple[Answer, AnswerGrade]], row: int) -> str:
    return next((grade.error for answer, grade in graded if answer.row == row and grade.error), "no answer is stored")


def _summary(
    pairs: Sequence[ScorePair],
    difference: Difference,
    models: Mapping[ModelName, ModelRollouts],
    *,
    protocol: ProtocolSummary,
    minimum_gain: float,
    uri: str,
) -> EvaluationSummary:
    return EvaluationSummary(
        status="completed",
        reason=_rests_on(difference, minimum_gain),
        report_uri=uri,
        verdict=verdict(difference, minimum_gain),
        rows=difference.rows,
        groups=difference.groups,
        base=fmean(pair.base for pair in pairs),
        tuned=fmean(pair.tuned for pair in pairs),
        difference=difference.value,
        interval=difference.interval,
        p_value=difference.p_value,
        minimum_detectable=detectable(difference),
        minimum_gain=minimum_gain,
        hypothesis=hypothesis(minimum_gain),
        protocol=protocol,
        simulated=any(answer.simulated for each in models.values() for answer, _ in each.graded),
    )


def _rests_on(difference: Difference, minimum_gain: float) -> str:
    if difference.interval is None:
        return "all rows belong to one prompt group: there is no interval"
    low, high = difference.interval
    found = f"95 % interval {low:+.3f} to {high:+.3f} over {difference.groups} prompt groups"
    gain = f", for a minimum gain of {minimum_gain:g}" if minimum_gain else ""
    few = f"; no verdict rests on fewer than {FEWEST_GROUPS} groups" if difference.groups < FEWEST_GROUPS else ""
    return f"{found}{gain}{few}"


def _mcnemar(pairs: Sequence[ScorePair]) -> McNemarTest:
    found = mcnemar(pairs, SOLVED)
    return McNemarTest(
        only_base=found.only_base,
        only_tuned=found.only_tuned,
        p_value=found.p_value,
        valid=found.valid,
        solved_score=SOLVED,
    )


def _slices(pairs: Sequence[ScorePair], rows: Mapping[int, TestRow]) -> tuple[SliceDifference, ...]:
    each = rows.values()
    ids_of = {
        "label": by_name({row.row_id: row.label for row in each if row.label}),
        "length": by_quartile({row.row_id: row.characters for row in each}),
        "data_source": by_name({row.row_id: row.data_source for row in each}),
    }
    return tuple(
        SliceDifference(
            kind=found.kind,
            name=found.name,
            rows=found.difference.rows,
            difference=found.difference.value,
            interval=found.difference.interval,
            adjusted_p=found.adjusted_p,
        )
        for found in slices(pairs, ids_of)
    )


def _use(model: ModelRollouts) -> ModelUse:
    answers = [answer for answer, _ in model.graded]
    given = [answer for answer in answers if not answer.error]
    seconds = [answer.seconds for answer in given]
    return ModelUse(
        model_id=model.model_id,
        answers=len(answers),
        errors=sum(grade.score is None for _, grade in model.graded),
        truncated=sum(answer.truncated for answer in given),
        empty=sum(not answer.text.strip() and not answer.truncated for answer in given),
        mean_characters=fmean(len(answer.text) for answer in given) if given else None,
        input_tokens=sum(answer.input_tokens for answer in given),
        output_tokens=sum(answer.output_tokens for answer in given),
        p50_seconds=percentile(seconds, 0.5) if seconds else None,
        p95_seconds=percentile(seconds, 0.95) if seconds else None,
    )


def _judged(rows: Mapping[int, TestRow], model: ModelRollouts) -> list[Judged]:
    """For each row that compares two responses: the first answer, and the one with swapped responses."""
    mirrored = {answer.row: answer.text for answer in model.mirrored}
    return [
        Judged(compared, answer.text, mirrored.get(answer.row))
        for answer, _ in model.graded
        if answer.sample == 0 and (compared := rows[answer.row].comparison)
    ]
