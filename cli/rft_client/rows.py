"""Reads a run's prepared rows through temporary files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rft.contracts.dataset import DatasetRow
from rft.report.examples import shown_text
from rft_client.api_client import ApiClient
from rft_client.download import Downloader

TRAINED_ON = ("dataset/train", "dataset/validation")
"""Prefixes of file names. The test split is excluded, because only the evaluation may read it."""


def read_rows(client: ApiClient, run_id: str) -> Iterator[DatasetRow]:
    """Yields training and validation rows. Raises ApiError, RftClientError."""
    with tempfile.TemporaryDirectory() as folder:
        for file in _row_files(client, run_id):
            Downloader(Path(folder)).load(file, lambda _: None)
            with (Path(folder) / file["name"]).open("rb") as lines:
                yield from map(DatasetRow.model_validate_json, lines)


def read_prompts(client: ApiClient, run_id: str) -> dict[str, str]:
    """Task id → prompt as text. Raises ApiError, RftClientError."""
    return {row.task_id: shown_text(row.prompt) for row in read_rows(client, run_id)}


def _row_files(client: ApiClient, run_id: str) -> Iterator[Mapping[str, Any]]:
    for page in client.files(run_id):
        yield from (file for file in page if file["name"].startswith(TRAINED_ON) and file["name"].endswith(".jsonl"))
