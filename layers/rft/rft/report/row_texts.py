"""Reads prompts of rows and both models' answers, if the stack captures answers. Takes ports."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic_core import from_json

from rft.contracts.dataset import DatasetRow
from rft.contracts.evaluation import ModelName
from rft.errors import DatasetNotFound
from rft.evaluation.rollouts import RolloutStore
from rft.ports.storage import ObjectStore
from rft.report.examples import shown_text

MAX_CHUNKS = 500
"""Maximum chunks of answers read per model: 8,000 answers."""


def read_prompts(uris: Iterable[str], rows: Collection[str], store: ObjectStore) -> dict[str, str]:
    """Task id → prompt, for the ids found in these files. Raises the Retryable… errors."""
    requested, found = set(rows), dict[str, str]()
    for uri in uris:
        try:
            for line in store.lines(uri):
                if requested <= found.keys():
                    return found
                if from_json(line).get("task_id") in requested:
                    row = DatasetRow.model_validate_json(line)
                    found[row.task_id] = shown_text(row.prompt)
        except DatasetNotFound:
            continue
    return found


def read_answers(run_id: str, model: ModelName, rows: Collection[str], store: ObjectStore) -> dict[str, str]:
    """Row id → the model's first answer in the evaluation. Raises the Retryable… errors."""
    stored = RolloutStore(store, run_id, "evaluation", model)
    requested, found = set(rows), dict[str, str]()
    for number in range(MAX_CHUNKS):
        chunk = None if requested <= found.keys() else stored.answers(number)
        if chunk is None:
            break
        for answer in chunk.answers:
            if answer.row_id in requested and answer.sample == 0 and not answer.mirrored:
                found[answer.row_id] = shown_text(answer.text)
    return found
