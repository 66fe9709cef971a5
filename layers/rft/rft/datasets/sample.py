"""Collects the rows to profile in one pass over the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from rft.contracts.dataset import SplitName
from rft.datasets.profile import FIRST_ROWS, DatasetProfile, Share, profile_sample, sample_step


class RowSample:
    """Receives all rows in order, training rows first, and stores the sampled ones in a file."""

    def __init__(self, rows: Mapping[SplitName, int], file: BinaryIO) -> None:
        self._rows, self._file = rows, file
        self._first: list[bytes] = []
        self._step = 0
        self._places: dict[tuple[SplitName, int], tuple[int, int]] = {}
        self._end = 0

    def take(self, split: SplitName, number: int, body: bytes) -> None:
        if self._step:
            self._keep(split, number, body)
            return
        self._first.append(body)
        if len(self._first) == min(FIRST_ROWS, self._rows["train"]):
            self._step = sample_step(self._rows, [len(each) for each in self._first])
            for at, each in enumerate(self._first):
                self._keep("train", at, each)
            self._first.clear()

    def profile_rows(self, share: Share = map) -> DatasetProfile:
        """Estimates for all rows, extrapolated from the sample."""
        return profile_sample(self._rows, self._body, self._step, share)

    def _keep(self, split: SplitName, number: int, body: bytes) -> None:
        if number % self._step == 0:
            self._file.write(body)
            self._places[split, number] = (self._end, len(body))
            self._end += len(body)

    def _body(self, split: SplitName, number: int) -> bytes:
        start, length = self._places[split, number]
        self._file.seek(start)
        return self._file.read(length)
