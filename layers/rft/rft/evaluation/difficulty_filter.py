"""Selects training rows to remove by the base model's answers, and validates the remainder. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from rft.contracts.measuring_request import DifficultyRequest
from rft.evaluation.calibrate import Graded
from rft.evaluation.calibration import BLOCKING, SOLVED, Sampled, difficulties

Reason = Literal["solved", "hopeless"]


def scores_by_row(graded: Sequence[Graded]) -> dict[int, tuple[float, ...]]:
    """Scores of each row's answers by row number; unscored answers are omitted."""
    scores: dict[int, list[float]] = defaultdict(list)
    for answer, grade in graded:
        if grade.score is not None:
            scores[answer.row].append(grade.score)
    return {row: tuple(found) for row, found in scores.items()}


def rows_to_drop(scores: Mapping[int, Sequence[float]], request: DifficultyRequest) -> dict[int, Reason]:
    """Numbers of rows that are always or never right, as requested; rows with a single score are retained."""
    found: dict[int, Reason] = {}
    for row, each in scores.items():
        if len(each) < 2:
            continue
        if request.drop_solved and min(each) >= SOLVED:
            found[row] = "solved"
        elif request.drop_hopeless and max(each) < SOLVED:
            found[row] = "hopeless"
    return found


def problem_of_rest(
    scores: Mapping[int, tuple[float, ...]], dropped: Mapping[int, Reason], *, rows: int, least: int, accept: bool
) -> str:
    """Why the remaining rows are unfit for training; '' if they are fit.

    `least`: minimum number of training rows. `accept`: also accept rows that the base model nearly always or never
    answers right.
    """
    rest = rows - len(dropped)
    if rest < least:
        return (
            f"dataset.difficulty leaves {rest} of {rows} training rows with a signal; min "
            f"{least} are needed: add records, or drop fewer"
        )
    if accept:
        return ""
    found = difficulties([Sampled(str(row), each) for row, each in scores.items() if row not in dropped])
    return f"among the rows that dataset.difficulty retains, {found.reason}" if found.difficulty in BLOCKING else ""
