"""A temporary SQLite database of a run's rollouts, to sort and paginate a million of them by any column."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SORTS = {"graded": "n", "score": "score", "length": "length", "step": "step", "row": "task_id", "error": "error"}
"""Sort key → column."""

# Bodies are in a separate table, so that sorting and skipping read a few dozen bytes per rollout.
_SCHEMA = """
CREATE TABLE rollouts (n INTEGER PRIMARY KEY, step INTEGER, split TEXT, task_id TEXT, score REAL, error TEXT,
                       length INTEGER);
CREATE TABLE bodies (n INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE INDEX by_score ON rollouts (score);
CREATE INDEX by_step ON rollouts (step);
CREATE INDEX by_length ON rollouts (length);
CREATE INDEX by_task ON rollouts (task_id);
CREATE INDEX by_error ON rollouts (error) WHERE error IS NOT NULL;
"""


@dataclass(frozen=True)
class RolloutQuery:
    """Filters and sort order. Unknown values are sorted last in both directions."""

    sort: str = "graded"
    descending: bool = False
    split: str | None = None
    task_id: str | None = None
    errors: bool = False
    min_score: float | None = None
    max_score: float | None = None

    def where(self) -> tuple[str, list[Any]]:
        """The WHERE expression and its parameters."""
        conditions: list[tuple[str, list[Any]]] = [
            ("split = ?", [self.split] if self.split else []),
            ("task_id = ?", [self.task_id] if self.task_id else []),
            ("score >= ?", [] if self.min_score is None else [self.min_score]),
            ("score <= ?", [] if self.max_score is None else [self.max_score]),
        ]
        chosen = [(sql, values) for sql, values in conditions if values]
        texts = [*(sql for sql, _ in chosen), *(["error IS NOT NULL"] if self.errors else [])]
        return " AND ".join(texts) or "1", [value for _, values in chosen for value in values]


class RolloutIndex:
    """`file`: path of the database. Thread-safe."""

    def __init__(self, file: Path, *, rollouts_per_step: int | None) -> None:
        self._file = file
        self._per_step = rollouts_per_step
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        with suppress(sqlite3.OperationalError):  # not supported by all file systems
            self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)

    def put(self, first: int, trained_before: int, rollouts: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
        """Stores rollouts from number `first` on, replacing existing ones; returns the next number and training count.

        `trained_before`: number of preceding rollouts of the training split, used to estimate the step.
        """
        rows, bodies, trained = [], [], trained_before
        for number, rollout in enumerate(rollouts, first):
            step = 1 + trained // self._per_step if self._per_step and rollout["split"] == "train" else None
            trained += rollout["split"] == "train"
            columns = (rollout[name] for name in ("split", "task_id", "score", "error", "answer_length"))
            rows.append((number, step, *columns))
            bodies.append((number, json.dumps(rollout)))
        with self._lock:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO rollouts VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._database.executemany("INSERT OR REPLACE INTO bodies VALUES (?, ?)", bodies)
            self._database.execute("COMMIT")
        return first + len(rows), trained

    def count(self, query: RolloutQuery | None = None) -> int:
        """Number of rollouts that match the filters."""
        where, values = (query or RolloutQuery()).where()
        return int(self._select(f"SELECT count(*) FROM rollouts WHERE {where}", values)[0][0])  # noqa: S608

    def page(self, query: RolloutQuery, *, start: int, limit: int) -> list[dict[str, Any]]:
        """Rollouts in the API's format, each with its number `n` and estimated `step`."""
        where, values = query.where()
        column = SORTS[query.sort]
        direction = "DESC" if query.descending else "ASC"
        order = f"ORDER BY {column} {direction} NULLS LAST, n"
        chosen = f"SELECT * FROM rollouts WHERE {where} {order} LIMIT ? OFFSET ?"  # noqa: S608  fixed columns, bound parameters
        sql = f"SELECT n, step, body FROM ({chosen}) JOIN bodies USING (n) {order}"  # noqa: S608
        return [_rollout(row) for row in self._select(sql, [*values, limit, start])]

    def get(self, number: int) -> dict[str, Any] | None:
        """The rollout with this number; None if it does not exist."""
        found = self._select("SELECT n, step, body FROM rollouts JOIN bodies USING (n) WHERE n = ?", [number])
        return _rollout(found[0]) if found else None

    def close(self) -> None:
        """Closes and deletes the database."""
        with self._lock:
            self._database.close()
        self._file.unlink(missing_ok=True)

    def _select(self, sql: str, values: list[Any]) -> list[Any]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()


def _rollout(row: tuple[int, int | None, str]) -> dict[str, Any]:
    number, step, body = row
    return {"n": number, "step": step, **json.loads(body)}
