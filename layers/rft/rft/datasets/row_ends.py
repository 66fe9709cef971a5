"""The end of each row in a split's file, and rereading of written files for their digests.

Separate from the modules that read and render records, so that steps that need neither load no JSON schemas.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from pydantic_core import to_json

from rft.contracts.dataset import SplitName

ROW_END_WITHOUT_RUN = b"}\n"


def row_end(run_id: str, split: SplitName) -> bytes:
    """The closing bytes of each row: run id and split, by which grader telemetry tells training from validation."""
    return b',"split":%b,"run_id":%b}\n' % (to_json(split), to_json(run_id))


class JoinedRows:
    """A written split file, read for its size and digests (like those of SplitRows)."""

    def __init__(self, lines: Iterable[bytes], row_end: bytes, take: Callable[[int, bytes], None]) -> None:
        """`take` receives each row's number and its JSON without the row's end."""
        digest, identity = hashlib.sha256(), hashlib.sha256()
        end, bytes_ = row_end.removesuffix(b"\n"), 0
        for number, line in enumerate(lines):
            body = line.removesuffix(end) + ROW_END_WITHOUT_RUN
            digest.update(line + b"\n")
            identity.update(body)
            take(number, body.rstrip(b"\n"))
            bytes_ += len(line) + 1
        self.bytes = bytes_
        self.digest, self.identity = f"sha256:{digest.hexdigest()}", f"sha256:{identity.hexdigest()}"
