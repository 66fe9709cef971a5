"""Compares human scores with a grader's scores, for any task: two files of row id and score."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rft.contracts.agreement import ScoreAgreement
from rft.smoke_test.score_agreement import score_agreement
from rft.text import text_line
from rft_cli.errors import CommandError

ID_KEYS = ("id", "row_id", "task_id")
"""Column names of the row id, in order of precedence."""


def is_scores(path: Path) -> bool:
    """Whether the file contains scores (CSV or JSON Lines); verdicts are one JSON array."""
    return path.suffix.casefold() in {".csv", ".jsonl"}


def compare_scores(truth: Path, predictions: Path) -> ScoreAgreement:
    """Compares rows that both files score. Raises CommandError if a file is unreadable or no row is in both."""
    hand, graded = read_scores(truth), read_scores(predictions)
    shared = [row for row in hand if row in graded]
    if not shared:
        raise CommandError(f"{truth} and {predictions} have no row id in common")
    return score_agreement(
        [(hand[row], graded[row]) for row in shared],
        only_truth=len(hand) - len(shared),
        only_grader=len(graded) - len(shared),
    )


def read_scores(path: Path) -> dict[str, float]:
    """Reads row id → score. Raises CommandError, with the line, for an invalid score or a duplicate row."""
    scores: dict[str, float] = {}
    for line, row in _rows(path):
        name = next((str(row[key]) for key in ID_KEYS if row.get(key) not in (None, "")), None)
        if name is None:
            raise CommandError(f"{path}, line {line}: has no row id under one of {', '.join(ID_KEYS)}")
        if name in scores:
            raise CommandError(f"{path}, line {line}: the row {name} occurs twice")
        scores[name] = _score(path, line, row.get("score"))
    if not scores:
        raise CommandError(f"{path} holds no scores")
    return scores


def _score(path: Path, line: int, value: Any) -> float:
    try:
        score = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError, OverflowError):
        score = float("nan")
    if not abs(score) < float("inf"):
        raise CommandError(f"{path}, line {line}: score is {text_line(repr(value), 80)}, which is no number")
    return score


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    if path.suffix.casefold() == ".csv":
        yield from _table_rows(path, text)
        return
    for line, part in enumerate(text.split("\n"), 1):
        if part.strip():
            yield line, _object(path, line, part)


def _table_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise CommandError(f"{path}, line {reader.line_num + 1}: is not CSV: {error}") from error


def _object(path: Path, line: int, text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path}, line {line}: is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CommandError(f"{path}, line {line}: is not an object with a row id and a score")
    return value
