"""Assembles the file of one split, computing size and digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from rft.contracts.dataset import SplitFile
from rft.datasets.render import ROW_END_WITHOUT_RUN
from rft.datasets.spool import RowSpool

BATCH_ROWS = 256


class SplitRows:
    """The bytes of one split's file. After `chunks` has been read, `bytes` and the digests are known.

    `digest` is that of the file; `identity` is that of the rows without the run's id, equal for equal data. Both are
    `sha256:<hex>`.
    """

    def __init__(self, spool: RowSpool, numbers: Sequence[int], row_end: bytes) -> None:
        self._spool, self._numbers, self._row_end = spool, numbers, row_end
        self._digest, self._identity = hashlib.sha256(), hashlib.sha256()
        self.bytes = 0

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self._numbers), BATCH_ROWS):
            bodies = self._spool.bodies(self._numbers[start : start + BATCH_ROWS])
            bodies.append(b"")
            chunk = self._row_end.join(bodies)
            self._digest.update(chunk)
            self._identity.update(ROW_END_WITHOUT_RUN.join(bodies))
            self.bytes += len(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        return f"sha256:{self._digest.hexdigest()}"

    @property
    def identity(self) -> str:
        return f"sha256:{self._identity.hexdigest()}"

    def describe(self, uri: str, groups: int) -> SplitFile:
        return SplitFile(
            uri=uri,
            rows=len(self._numbers),
            groups=groups,
            bytes=self.bytes,
            digest=self.digest,
            labels=self._spool.label_counts(self._numbers),
        )
