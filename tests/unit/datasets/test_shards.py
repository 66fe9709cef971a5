from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.datasets.records import SourceBytes, read_records
from rft.datasets.row_ranges import row_ranges
from rft.datasets.shards import Borders, ShardReader
from rft.errors import DatasetInvalid

TEXT = st.text(st.sampled_from('a,{}[]":\\ \n\u00e9') | st.characters(codec="utf-8"), max_size=12)
INNER = st.recursive(
    TEXT | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=2)
)
RECORDS = st.lists(
    st.builds(lambda key, rest: {"id": key, **rest}, TEXT, st.dictionaries(TEXT, INNER, max_size=3)),
    min_size=1,
    max_size=30,
)


def opener(body: bytes) -> Any:
    @contextmanager
    def open_at(byte: int) -> Iterator[BinaryIO]:
        yield io.BytesIO(body[byte:])

    return open_at


def in_parts(body: bytes, count: int) -> list[Any]:
    """The values of all records, read part by part."""
    borders = Borders(opener(body))
    values, end = [], 0
    for shard in borders.shards(len(body), count):
        assert shard.start == end
        end = shard.end
        reader = ShardReader(io.BytesIO(body[shard.start :]), borders.layout, shard)
        values += [record.value for record in reader]
    assert end == len(body)
    return values


@settings(deadline=None)
@given(RECORDS, st.integers(1, 12), st.sampled_from([None, 1]), st.booleans())
def test_an_array_in_parts_has_the_same_records_or_is_refused(
    records: list[Any], count: int, indent: int | None, ascii_only: bool
) -> None:
    body = json.dumps(records, indent=indent, ensure_ascii=ascii_only).encode()
    try:
        values = in_parts(body, count)
    except DatasetInvalid:
        assert body.count(b'"id"') + body.count(b'id\\"') > len(records), "no text looks like a border"
    else:
        assert values == records


@settings(deadline=None)
@given(RECORDS, st.integers(1, 12), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_lines_in_parts_have_the_same_records(records: list[Any], count: int, end: str) -> None:
    body = end.join(json.dumps(each, ensure_ascii=False) for each in records).encode()
    assert in_parts(body, count) == [record.value for record in read_records(SourceBytes(io.BytesIO(body)))] == records


@pytest.mark.parametrize("body", [b"", b"[]", b"hello", b'["a", "b"]', b"[{}, {}]", b"{"])
def test_a_file_that_does_not_begin_with_a_record_is_not_divided(body: bytes) -> None:
    with pytest.raises(DatasetInvalid, match="does not begin with a record"):
        Borders(opener(body))


def test_an_array_without_a_recognisable_record_border_is_refused() -> None:
    body = b'[{"a": 1}' + b', {"b": 1}' * 500_000 + b"]"
    with pytest.raises(DatasetInvalid, match="no border between two records was found"):
        Borders(opener(body)).shards(len(body), 2)


@given(st.tuples(*[st.integers(0, 60)] * 3), st.integers(1, 9))
def test_row_ranges_cover_each_file_once_and_evenly(rows: tuple[int, int, int], parts: int) -> None:
    of = dict(zip(("train", "validation", "test"), rows, strict=True))
    found = list(row_ranges(of, parts))  # type: ignore[arg-type]
    for split, count in of.items():
        assert [row for each in found if each.split == split for row in range(each.start, each.end)] == list(
            range(count)
        )
    sizes = [sum(each.end - each.start for each in found if each.part == part) for part in range(parts)]
    assert max(sizes) - min(sizes) <= 1
    assert len({each.name for each in found}) == len(found)
