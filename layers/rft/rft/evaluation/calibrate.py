"""The calibration report, from the base model's answers and their scores. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from rft.contracts.calibration import CalibrationReport, CalibrationSlice, CalibrationSummary, RowShare, SampledUse
from rft.contracts.sampling import Answer, AnswerGrade
from rft.evaluation.calibration import Difficulties, Sampled, Share, correlation, difficulties, recommended_samples
from rft.evaluation.slices import by_name, by_quartile
from rft.smoke_test.statistics import percentile

Graded = tuple[Answer, AnswerGrade]

MAX_ERRORS = 10
TRUNCATED_SHARE = 0.01
"""Truncated answers above which a larger limit is recommended: AWS's guide for reasoning models allows 32,768."""

LARGEST_LIMIT = 32_768


def calibration_report(
    *,
    run_id: str,
    model_id: str,
    grader_arn: str,
    graded: Sequence[Graded],
    labels: Mapping[str, str],
    lengths: Mapping[str, int],
    samples_per_row: int,
    max_tokens: int | None,
    unmatched: Sequence[str],
    uri: str | None,
) -> CalibrationReport:
    """`labels` and `lengths` (characters of the prompt) by row id; rows without a label are in no slice of labels."""
    rows = _rows(graded)
    found = difficulties(rows)
    use = sampled_use(graded)
    return CalibrationReport(
        run_id=run_id,
        model_id=model_id,
        grader_arn=grader_arn,
        summary=_summary(
            found=found,
            rows=rows,
            use=use,
            samples_per_row=samples_per_row,
            recommended=_recommended(rows, use, max_tokens),
            uri=uri,
            simulated=any(answer.simulated for answer, _ in graded),
        ),
        unmatched=tuple(unmatched),
        slices=(*_slices("label", by_name(labels), rows), *_slices("length", by_quartile(lengths), rows)),
        length_correlation=_length_correlation(graded),
        errors=tuple(sorted({grade.error for _, grade in graded if grade.error})[:MAX_ERRORS]),
    )


def sampled_use(graded: Sequence[Graded]) -> SampledUse:
    given = [answer for answer, _ in graded if not answer.error]
    return SampledUse(
        answers=len(graded),
        errors=sum(grade.score is None for _, grade in graded),
        truncated=sum(answer.truncated for answer in given),
        input_tokens=sum(answer.input_tokens for answer in given),
        output_tokens=sum(answer.output_tokens for answer in given),
        mean_output_tokens=fmean(answer.output_tokens for answer in given) if given else None,
        p95_seconds=percentile([answer.seconds for answer in given], 0.95) if given else None,
    )


def _rows(graded: Sequence[Graded]) -> list[Sampled]:
    scores: dict[int, list[float]] = defaultdict(list)
    ids: dict[int, str] = {}
    for answer, grade in graded:
        ids[answer.row] = answer.row_id
        if grade.score is not None:
            scores[answer.row].append(grade.score)
    return [Sampled(ids[row], tuple(scores[row])) for row in ids]


def _summary(
    *,
    found: Difficulties,
    rows: Sequence[Sampled],
    use: SampledUse,
    samples_per_row: int,
    recommended: dict[str, int],
    uri: str | None,
    simulated: bool,
) -> CalibrationSummary:
    return CalibrationSummary(
        status="completed",
        reason=found.reason,
        report_uri=uri,
        difficulty=found.difficulty,
        rows=len(rows),
        samples_per_row=samples_per_row,
        mean_score=found.mean,
        mean_interval=found.mean_interval,
        always_right=_share(found.always_right),
        never_right=_share(found.never_right),
        between=_share(found.between),
        tied=_share(found.tied),
        warnings=found.warnings,
        use=use,
        recommended=recommended,
        simulated=simulated,
    )


def _share(share: Share) -> RowShare:
    return RowShare(hits=share.hits, n=share.n, interval=share.interval)


def _recommended(rows: Sequence[Sampled], use: SampledUse, max_tokens: int | None) -> dict[str, int]:
    """Answers to a prompt, so that half of the groups teach something, and twice the limit that cut answers off."""
    samples = recommended_samples(rows)
    found = {"trainingSamplePerPrompt": samples} if samples else {}
    if max_tokens and use.truncated > TRUNCATED_SHARE * use.answers:
        found["inferenceMaxTokens"] = min(LARGEST_LIMIT, 2 ** math.ceil(math.log2(max_tokens * 2)))
    return found


def _slices(kind: str, names: Mapping[str, Sequence[str]], rows: Sequence[Sampled]) -> list[CalibrationSlice]:
    means = {row.row_id: fmean(row.scores) for row in rows if row.scores}
    parts = {name: [means[row] for row in ids if row in means] for name, ids in names.items()}
    return [
        CalibrationSlice.model_validate({"kind": kind, "name": name, "rows": len(part), "mean_score": fmean(part)})
        for name, part in parts.items()
        if part
    ]


def _length_correlation(graded: Sequence[Graded]) -> float | None:
    pairs = [(len(answer.text), grade.score) for answer, grade in graded if grade.score is not None]
    return correlation([length for length, _ in pairs], [score for _, score in pairs])
