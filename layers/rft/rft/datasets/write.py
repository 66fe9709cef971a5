"""Writes the rows of one split, counting as it goes."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from rft.contracts.dataset import DatasetRow, SplitFile
from rft.datasets.spool import RowSpool

BATCH_ROWS = 256

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass
class WrittenRows:
    """What was written: size, `sha256:<hex>` of the bytes, and the tokens of each prompt."""

    bytes: int = 0
    digest: str = ""
    prompt_tokens: array[int] = field(default_factory=lambda: array("L"))


def write_rows(spool: RowSpool, numbers: Sequence[int], file: BinaryIO, count_tokens: CountTokens) -> WrittenRows:
    """Write these rows of the spool, in this order, each checked against the contract once more."""
    written, digest = WrittenRows(), hashlib.sha256()
    for start in range(0, len(numbers), BATCH_ROWS):
        lines = [spool.line(number) for number in numbers[start : start + BATCH_ROWS]]
        for line in lines:
            digest.update(line)
            written.bytes += file.write(line)
        written.prompt_tokens.extend(count_tokens([DatasetRow.model_validate_json(line).prompt for line in lines]))
    written.digest = f"sha256:{digest.hexdigest()}"
    return written


def describe(written: WrittenRows, uri: str, spool: RowSpool, numbers: Sequence[int]) -> SplitFile:
    """The file's entry in the manifest. Rows without a label count under none."""
    names = spool.label_names
    labels = Counter(names[spool.labels[number]] for number in numbers)
    labels.pop("", None)
    return SplitFile(
        uri=uri,
        rows=len(numbers),
        groups=len({spool.groups[number] for number in numbers}),
        bytes=written.bytes,
        digest=written.digest,
        labels=dict(sorted(labels.items())),
    )
