"""Training rows and hyperparameters of a run, computed locally from a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rft import wiring
from rft.contracts.dataset import DatasetRow
from rft.contracts.run_request import HyperParameters, RunRequest
from rft.datasets.bounds import BEDROCK
from rft.datasets.load import MAX_PROBLEMS, Loaded, load_rows, problems
from rft.datasets.recommend import recommend
from rft.datasets.records import SourceBytes, read_records
from rft.datasets.render import row_end
from rft.datasets.run_renderer import run_renderer
from rft.datasets.split import plan_split
from rft.datasets.spool import RowSpool
from rft.datasets.tokens import token_statistics
from rft.tasks import task as task_named
from rft_cli.errors import CommandError
from rft_project import ROOT

VOCABULARY = ROOT / "layers" / "dependencies" / "tiktoken_cache"
RUN_ID = "calibrate-00000000"
EVERY_BAD_RECORD = 2**31 - 1 - MAX_PROBLEMS


@dataclass(frozen=True)
class TrainingRows:
    """Rows of the training split, in file order; invalid records are counted and omitted."""

    rows: list[DatasetRow]
    bad_records: int
    hyperparameters: HyperParameters


def training_rows(file: Path, request: RunRequest) -> TrainingRows:
    """Splits the file as a run does; rows of the test split are not read. Raises CommandError, OSError."""
    with file.open("rb") as stream, RowSpool.temporary() as spool:
        loaded = load_all(SourceBytes(stream), request, spool)
        numbers = plan_split(request.dataset.split, groups=spool.groups, labels=spool.labels)["train"]
        end = row_end(RUN_ID, "train")
        rows = [DatasetRow.model_validate_json(body + end) for body in spool.bodies(numbers)]
    if not rows:
        first = "".join(f": {problem}" for problem in problems(loaded.bad[:1]))
        raise CommandError(f"{file} gives no training row of task {request.dataset.task}{first}")
    return TrainingRows(rows, len(loaded.bad), _hyperparameters(loaded, len(rows), request))


def load_all(raw: SourceBytes, request: RunRequest, spool: RowSpool) -> Loaded:
    """Loads every record of a file and collects invalid ones without a limit. Raises the errors of load_rows."""
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(VOCABULARY))
    renderer = run_renderer(request, wiring.tokenizer().count)
    return load_rows(
        read_records(raw),
        render=lambda batches: map(renderer, batches),
        rows=spool,
        max_samples=None,
        max_bad=EVERY_BAD_RECORD,
        split=request.dataset.split,
        bounds=BEDROCK,
    )


def _hyperparameters(loaded: Loaded, rows: int, request: RunRequest) -> HyperParameters:
    found = recommend(
        prompt_tokens=loaded.prompt_tokens,
        p99=token_statistics(loaded.prompt_tokens, wiring.tokenizer().encoding).p99,
        train_rows=rows,
        preset=task_named(request.dataset.task).preset,
        request=request.hyperparameters,
    )
    return HyperParameters.model_validate({name: each.value for name, each in found.items()})
