from __future__ import annotations

import os
import tempfile
from array import array

from rft.datasets.render import Rendered
from rft.datasets.spool import RowSpool


def rendered(*bodies: bytes, label: str = "") -> Rendered:
    return Rendered(
        bodies=b"".join(bodies),
        lengths=array("I", map(len, bodies)),
        groups=array("Q", [7] * len(bodies)),
        labels=[label] * len(bodies),
    )


def test_rows_are_read_back_by_number_in_any_order() -> None:
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as places:
        spool = RowSpool(file, places)
        spool.add(rendered(b"one", b"", b"three", label="Tie"))
        spool.add(rendered(b"four", label="Response 1"))
        assert len(spool) == 4
        assert spool.bodies([3, 0, 2, 1, 0]) == [b"four", b"one", b"three", b"", b"one"]
        assert (spool.label_names, list(spool.labels)) == (("Tie", "Response 1"), [0, 0, 0, 1])


def test_rows_beyond_four_gigabytes_are_found() -> None:
    gap, small = 2**31, [b"first", b"second", b"third"]
    lengths = array("I", [gap, gap - 5, len(small[0]), len(small[1]), gap, gap, gap, len(small[2])])
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as places:  # sparse: it takes no room
        spool = RowSpool(file, places)
        spool.add(Rendered(lengths=lengths, groups=array("Q", [0] * len(lengths)), labels=[""] * len(lengths)))
        for body, row in zip(small, (2, 3, 7), strict=True):
            os.pwrite(file.fileno(), body, sum(lengths[:row]))
        assert spool.bodies([2, 3, 7]) == small
