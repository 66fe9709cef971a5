"""Rows that emulated models can answer: those of jobs, and those that runs have written to S3."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from emulator.bedrock.data import DataRefused, read_rows
from emulator.bedrock.jobs import CustomizationJob
from rft.contracts.dataset import DatasetRow
from rft.errors import InvalidRequest
from rft.tasks import task
from rft.tasks.base import comparison

_SPLITS = ("train", "validation", "test")
_FILE = re.compile(rf"runs/[^/]+/dataset/({'|'.join(_SPLITS)})[^/]*\.jsonl")


class KnownRows:
    """Rows by prompt. Files are read lazily, when a prompt is not found: training rows before test rows.

    `jobs_rows` reads all rows of a job. Rows that compare two responses are also added with the responses swapped.
    """

    def __init__(self, s3: Callable[[], Any], jobs_rows: Callable[[CustomizationJob], list[DatasetRow]]) -> None:
        self._s3 = s3
        self._jobs_rows = jobs_rows
        self._rows: dict[str, DatasetRow] = {}
        self._jobs: set[str] = set()
        self._read: set[str] = set()
        self._lock = threading.Lock()

    def add(self, job: CustomizationJob) -> None:
        """Read and add a job's rows; has no effect if the job was added before."""
        with self._lock:
            if job.arn not in self._jobs:
                self._jobs.add(job.arn)
                self._take(self._jobs_rows(job))

    def find(self, prompt: str) -> DatasetRow | None:
        """Return the row whose last message is `prompt`, else None."""
        with self._lock:
            if prompt not in self._rows:
                for uri in self._unread():
                    self._read.add(uri)
                    self._take(_rows_at(self._s3(), uri))
                    if prompt in self._rows:
                        break
            return self._rows.get(prompt)

    def _take(self, rows: list[DatasetRow]) -> None:
        for row in rows:
            for each in (row, *_mirrored(row)):
                self._rows.setdefault(each.messages[-1].content, each)

    def _unread(self) -> list[str]:
        found = [(split, uri) for split, uri in self._files() if uri not in self._read]
        return [uri for _, uri in sorted(found, key=lambda each: _SPLITS.index(each[0]))]

    def _files(self) -> Iterator[tuple[str, str]]:
        s3 = self._s3()
        for bucket in s3.list_buckets()["Buckets"]:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"], Prefix="runs/"):
                for each in page.get("Contents", []):
                    if named := _FILE.fullmatch(each["Key"]):
                        yield named[1], f"s3://{bucket['Name']}/{each['Key']}"


def _rows_at(s3: Any, uri: str) -> list[DatasetRow]:
    try:
        return read_rows(s3, uri)
    except DataRefused:
        return []


def _mirrored(row: DatasetRow) -> Iterator[DatasetRow]:
    try:
        compared = comparison(task(row.data_source), row)
    except InvalidRequest:  # the row's task is unknown
        return
    if compared:
        yield compared.mirrored
