"""How the rows of a split's file end, and a file that is written already, read for its digests.

Apart from what reads and renders records: steps that need neither load no schemas.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from pydantic_core import to_json

from rft.contracts.dataset import SplitName

ROW_END_WITHOUT_RUN = b"}\n"


def row_end(run_id: str, split: SplitName) -> bytes:
    """What closes each row of a run's split: telemetry of a grader tells training from validation by it."""
    return b',"split":%b,"run_id":%b}\n' % (to_json(split), to_json(run_id))


class JoinedRows:
    """A split's file that is written already, read for its size and digests (as those of SplitRows)."""

    def __init__(self, lines: Iterable[bytes], row_end: bytes, take: Callable[[int, bytes], None]) -> None:
        """`take` is given each row's number and its JSON without the row's end."""
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
