"""Workers that run tasks synchronously."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


class SerialWorkers:
    def map(self, work: Callable[[Input], Result], inputs: Iterable[Input]) -> Iterator[Result]:
        return map(work, inputs)
