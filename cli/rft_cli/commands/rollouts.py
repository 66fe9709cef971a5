"""`rft rollouts`: a run's graded answers as a table, JSON lines or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from rft.contracts.base import SPLITS
from rft.contracts.http.api import RunView
from rft.runs.simulated import is_emulated
from rft_cli.commands.options import RunId, with_target
from rft_cli.errors import CommandError
from rft_cli.views.printing import print_lines, print_note
from rft_cli.views.rollouts import rollout_lines
from rft_client.answers import typed
from rft_client.api_client import ApiClient
from rft_client.deployment import Deployment

BATCH = 10_000
"""Maximum rows of a Parquet file in memory."""


class Format(StrEnum):
    """Output formats of rollouts."""

    TABLE = "table"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Split(StrEnum):
    """Split of the dataset row."""

    TRAIN, VALIDATION, TEST = SPLITS


@with_target()
def rollouts(
    *,
    run_id: RunId,
    target: Deployment,
    split: Annotated[Split | None, typer.Option(metavar="SPLIT", help="train, validation or test.")] = None,
    row: Annotated[str | None, typer.Option("--row", metavar="ID", help="Only answers to this dataset row.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only answers that could not be graded.")] = False,
    min_score: Annotated[float | None, typer.Option(metavar="S", min=0, max=1, help="Lowest score.")] = None,
    max_score: Annotated[float | None, typer.Option(metavar="S", min=0, max=1, help="Highest score.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Maximum rollouts.")] = 25,
    everything: Annotated[bool, typer.Option("--all", help="All rollouts.")] = False,
    form: Annotated[Format, typer.Option("--format", help="table, jsonl, or parquet (needs pyarrow).")] = Format.TABLE,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="PATH", help="Write to a file. Parquet default: RUN_ID.parquet.")
    ] = None,
) -> None:
    """List a run's graded answers in grading order."""
    given = {
        "split": split, "task_id": row, "errors": "true" if errors else None, "min_score": min_score,
        "max_score": max_score,
    }  # fmt: skip
    filters = {name: str(value) for name, value in given.items() if value is not None}
    found = target.client.rollouts(run_id, filters, limit=None if everything else limit)
    if form is Format.PARQUET:
        path = file or Path(f"{run_id}.parquet")
        print_note(f"{write_parquet(path, found):,} rollouts in {path}")
    elif form is Format.JSONL:
        _write_lines(file, (json.dumps(each) for each in found))
    else:
        _print_table(found, target.client, run_id)


def _print_table(found: Iterator[dict[str, Any]], client: ApiClient, run_id: str) -> None:
    first = next(found, None)
    if first is None:
        print_note("No rollouts match")
        return
    view = typed(RunView, client.run(run_id))
    print_lines(Console(), rollout_lines(_with_first(first, found), simulated=is_emulated(view)))


def _with_first(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def _write_lines(file: Path | None, lines: Iterable[str]) -> None:
    if file is None:
        for line in lines:
            typer.echo(line)
        return
    with file.open("w", encoding="ascii") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def write_parquet(path: Path, rollouts: Iterator[dict[str, Any]]) -> int:
    """Write rollouts as they come and return how many; components and judge are JSON text, as their keys differ.

    Raises CommandError without pyarrow.
    """
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise CommandError("Parquet needs pyarrow: pip install pyarrow, or use --format jsonl") from error
    text, number = arrow.string(), arrow.float64()
    columns = {
        "id": text, "task_id": text, "split": text, "at": text, "grader": text, "score": number, "error": text,
        "error_reason": text, "seconds": number, "answer_length": arrow.int64(), "entropy": number, "copied": number,
        "weakest": number, "above_audit": number, "answer": text, "components": text, "judge": text,
    }  # fmt: skip
    schema, count = arrow.schema(columns), 0
    with parquet.ParquetWriter(path, schema) as writer:
        while rows := [_flat(each, columns) for each in islice(rollouts, BATCH)]:
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
            count += len(rows)
    return count


def _flat(rollout: dict[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    values = {name: rollout.get(name) for name in columns}
    return {name: json.dumps(value) if isinstance(value, dict) else value for name, value in values.items()}
