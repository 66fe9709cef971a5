from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.records import MAX_RECORD, RawRecord, SourceBytes, read_records
from rft.errors import DatasetInvalid

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=12)
BLANK = st.text(" \t\r\n", max_size=4)


class Trickle(io.BytesIO):
    """Gives a bounded number of bytes at a time, as networks do."""

    def __init__(self, body: bytes, size: int) -> None:
        super().__init__(body)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size)


def read(body: bytes, size: int = 10**9) -> list[RawRecord]:
    return list(read_records(SourceBytes(Trickle(body, size))))


def values(body: bytes, size: int = 10**9) -> list[Any]:
    assert not any(record.problem for record in read(body, size))
    return [record.value for record in read(body, size)]


@given(OBJECTS, st.booleans(), st.sampled_from([None, 1]), BLANK, st.integers(1, 40))
def test_an_array_is_read_in_any_formatting_and_chunking(
    objects: list[Any], ascii_only: bool, indent: int | None, blank: str, size: int
) -> None:
    text = blank + json.dumps(objects, ensure_ascii=ascii_only, indent=indent) + blank
    assert values(text.encode(), size) == objects


@given(OBJECTS, st.sampled_from(["\n", "\r\n", "\n \n"]), st.booleans(), st.integers(1, 40))
def test_lines_are_read_with_any_line_ends_and_chunking(objects: list[Any], end: str, last: bool, size: int) -> None:
    text = end.join(json.dumps(each, ensure_ascii=False) for each in objects) + end * last
    assert values(text.encode(), size) == objects


@pytest.mark.parametrize("size", [1, 2, 3, 4, 1000])
@pytest.mark.parametrize("body", ['[{"a": "é"}]', '{"a": "é"}\n'])
def test_a_byte_order_mark_is_skipped(body: str, size: int) -> None:
    assert values(b"\xef\xbb\xbf" + body.encode(), size) == [{"a": "é"}]


@pytest.mark.parametrize("body", [b"", b" \n\t ", b"\xef\xbb\xbf", b"[]", b" [ ]\n"])
@pytest.mark.parametrize("size", [1, 1000])
def test_an_empty_file_and_an_empty_array_hold_no_records(body: bytes, size: int) -> None:
    assert read(body, size) == []


def test_size_and_digest_are_those_of_the_bytes_that_were_read() -> None:
    body = b'[{"a": 1}, {"a": 2}]\n'
    source = SourceBytes(io.BytesIO(body))
    next(iter(read_records(source)))
    source.read_to_end()
    assert (source.bytes, source.digest) == (len(body), f"sha256:{hashlib.sha256(body).hexdigest()}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"hello", "byte 0 is b'h'"),
        (b"\n\n  x", "byte 4 is b'x'"),
        (b"\xff\xfe[\x00{\x00", r"byte 0 is b'\\xff'"),
        (b"[", r"the end of the file|record 1 is not JSON"),
        (b'[{"a": 1}', "after record 1"),
        (b'[{"a": 1},', r"record 2 is not JSON: Expecting value \(line 1, byte 10\)"),
        (b'[{"a": 1},]', r"record 2 is not JSON: Expecting value \(line 1, byte 10\)"),
        (b'[{"a": 1}\n {"a": 2}]', r"after record 1 comes '{' .*\(line 2, byte 11\)"),
        ('[{"é": 1},\n{"a" 2}]'.encode(), r"record 2 is not JSON: Expecting ':' delimiter \(line 2, byte 17\)"),
        (b'[{"a": "cut', "record 1 is not JSON: Unterminated string"),
        (b'[{"a": NaN}]', "record 1 cannot be read: NaN is no JSON number"),
        (b'[{"a": -Infinity}]', "record 1 cannot be read: -Infinity is no JSON number"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "record 1 cannot be read: an integer has"),
        (b'[{"a": 1}] {"b": 2}', "text follows after the end of the array"),
        (b'[{"a": 1}, {"a": "\xe9"}]', "byte 18, .* is not UTF-8"),
        (b'[{"a": "\xc3', "byte 8, .* is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("size", [3, 4096])
def test_a_malformed_array_is_refused_with_position_and_reason(body: bytes, message: str, size: int) -> None:
    if len(body) > 10_000 and size == 3:
        size = 4096
    with pytest.raises(DatasetInvalid, match=message):
        read(body, size)


def test_an_unreadable_line_is_a_bad_record_and_the_rest_is_read() -> None:
    body = b'{"a": 1}\n\n{"a": \n{"a": "\xe9"}\n{"a": NaN}\n' + b"[" * 100_000 + b'\n{"a": 2}'
    assert [r.line for r in read(body)] == [None, 3, 4, 5, 6, None]
    assert [(r.position, r.value, r.problem) for r in read(body)] == [
        (1, {"a": 1}, ""),
        (2, None, "is not JSON: Expecting value (column 7)"),
        (3, None, "is not UTF-8 at its byte 7"),
        (4, None, "cannot be read: NaN is no JSON number"),
        (5, None, "cannot be read: nested too deeply"),
        (6, {"a": 2}, ""),
    ]


def test_a_lone_surrogate_is_a_problem_and_a_pair_is_a_character() -> None:
    bad, good = '{"a": "\\ud83d"}', '{"a": "\\ud83d\\ude00"}'
    for body in (f"[{bad}, {good}]", f"{bad}\n{good}"):
        assert [(r.value, r.problem) for r in read(body.encode())] == [
            (None, "holds half of a surrogate pair, which is no character"),
            ({"a": "\U0001f600"}, ""),
        ]


class Endless(io.RawIOBase):
    """Never ends; counts what was taken."""

    def __init__(self, start: bytes, more: bytes) -> None:
        self._start, self._more, self.taken = start, more, 0

    def read(self, size: int = -1, /) -> bytes:
        body, self._start = self._start or (self._more * size)[:size], b""
        self.taken += len(body)
        return body


@pytest.mark.parametrize(
    ("start", "more"),
    [(b'["', b"a"), (b"[", b"q"), (b"[1", b"1"), (b'{"', b"a"), (b'[{"a": "', b"\\u00e9"), (b"!", b"?")],
)
def test_garbage_fails_after_little_more_than_one_record(start: bytes, more: bytes) -> None:
    stream = Endless(start, more)
    with pytest.raises(DatasetInvalid):
        list(read_records(SourceBytes(stream)))
    assert stream.taken < 2 * MAX_RECORD


def test_a_record_over_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    longest = MAX_RECORD - len('{"a":""}')
    for layout in ('[{"a":"%s"}]', '{"a":"%s"}\n'):
        assert len(read((layout % ("x" * longest)).encode())) == 1
        with pytest.raises(DatasetInvalid, match="longer than 1,048,576"):
            read((layout % ("x" * (longest + 1))).encode())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"question": "a", "question": "b"}', "the key 'question' occurs twice in one object"),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', "the key 'b' occurs twice in one object"),
        (b'{"a": ' + b"9" * 3000 + b"}", "an integer has 3,000 digits, but the maximum is 308; write it as a string"),
        (b'{"a": ' + b"9" * 9000 + b"}", "an integer has 9,000 digits, but the maximum is 308; write it as a string"),
    ],
)
def test_a_line_that_readers_parse_differently_is_a_bad_record(line: bytes, reason: str) -> None:
    good, bad = read(b'{"a": 1}\n' + line + b"\n")
    assert (good.problem, bad.line) == ("", 2)
    assert reason in bad.problem


@pytest.mark.parametrize("body", [b'{"data": [{"a": 1}]}', b'{\n "data": [\n  {"a": 1}\n ]\n}', b'{"rows": []}'])
def test_one_object_with_all_records_under_a_key_is_refused_with_advice(body: bytes) -> None:
    with pytest.raises(DatasetInvalid, match=r"one object with an array under '(data|rows)'.*write the array alone"):
        read(body)


def test_a_record_may_contain_a_list_under_a_wrapper_key() -> None:
    assert values(b'{"data": [{"a": 1}], "b": 2}\n{"data": [], "b": 3}')[1] == {"data": [], "b": 3}
