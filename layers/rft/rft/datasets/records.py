"""Reads raw records from a stream of bytes: a JSON array, or JSON Lines, by the first character.

Memory: one chunk and one record.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, Protocol

from rft.datasets.json_decoder import DECODER
from rft.errors import DatasetInvalid

CHUNK_BYTES = 256 * 1024
MAX_RECORD = 2**20
"""The longest record: bytes in JSON Lines, characters in an array. A grader's payload holds 6 MB for a whole batch."""

FORMATS = "UTF-8 text: a JSON array of objects, or one JSON object on each line"

_BLANK = b" \t\r\n"
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_WRAPPED = re.compile(rb'\{\s*"(data|rows|records|examples|samples|items|train|dataset|instances)"\s*:\s*\[\s*[{\]]')
_NOT_BLANK = re.compile(r"[^ \t\r\n]")


class RawRecord(NamedTuple):
    """One record by its position, the first being 1; or, where it could not be read, the `problem` and its line."""

    position: int
    value: Any = None
    problem: str = ""
    line: int | None = None


class Readable(Protocol):
    """What can be read: up to `size` bytes, none at the end only."""

    def read(self, size: int, /) -> bytes: ...


class SourceBytes:
    """Counts and digests the bytes of a stream as they are read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.bytes = 0

    def chunks(self) -> Iterator[bytes]:
        """What has not been read yet."""
        while chunk := self._stream.read(CHUNK_BYTES):
            self._hash.update(chunk)
            self.bytes += len(chunk)
            yield chunk

    def read_to_end(self) -> None:
        """Read on without use, so that size and digest are those of the whole file."""
        for _ in self.chunks():
            pass

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the bytes read so far."""
        return f"sha256:{self._hash.hexdigest()}"


def read_records(source: SourceBytes) -> Iterator[RawRecord]:
    """Each record in file order; nothing where the file is empty.

    In JSON Lines a line that cannot be read is a record with a problem. Raises DatasetInvalid, naming position and
    byte, where the file as a whole cannot be read on: neither format, a broken array, a record over the limit.
    """
    start = _start(source.chunks())
    if start is None:
        return
    if start.first == b"[":
        yield from _ArrayReader(start)
    elif start.first == b"{":
        _refuse_wrapped(start)
        yield from _lines(start)
    else:
        raise DatasetInvalid(f"byte {start.byte} is {start.first!r}: a dataset is {FORMATS}")


def _refuse_wrapped(start: _Start) -> None:
    """A file that is one object with all records in it; a line of JSON Lines with that key has others besides."""
    wrapped = _WRAPPED.match(start.text)
    if wrapped and not _has_other_keys(start.text.partition(b"\n")[0]):
        key = wrapped[1].decode()
        raise DatasetInvalid(
            f"the file is one object with an array under {key!r}: a dataset is {FORMATS}; write the array alone"
        )


def _has_other_keys(line: bytes) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and len(value) > 1


def read_more_lines(chunks: Iterator[bytes]) -> Iterator[RawRecord]:
    """As `read_records`, from JSON Lines in the middle of a file, at the beginning of a line."""
    return _lines(_Start(b"", chunks, 0, 1))


@dataclass(frozen=True)
class _Start:
    """A file from its first character that is not blank; `byte` and `line` are where that is."""

    text: bytes
    rest: Iterator[bytes]
    byte: int
    line: int

    @property
    def first(self) -> bytes:
        return self.text[:1]

    def chunks(self) -> Iterator[bytes]:
        yield self.text
        yield from self.rest


def _start(chunks: Iterator[bytes]) -> _Start | None:
    byte, line, pending = 0, 1, b""
    for chunk in chunks:
        pending += chunk
        if byte == 0 and len(pending) < len(codecs.BOM_UTF8):
            continue
        mark = len(codecs.BOM_UTF8) if byte == 0 and pending.startswith(codecs.BOM_UTF8) else 0
        text = pending[mark:].lstrip(_BLANK)
        skipped = len(pending) - len(text)
        line += pending[:skipped].count(b"\n")
        byte, pending = byte + skipped, text
        if text:
            return _Start(text, chunks, byte, line)
    text = pending.lstrip(_BLANK)
    return _Start(text, chunks, byte + len(pending) - len(text), line) if text else None


def _lines(start: _Start) -> Iterator[RawRecord]:
    position = 0
    for number, line in enumerate(_split_lines(start), start.line):
        if line.strip(_BLANK):
            position += 1
            yield _read_line(position, number, line)


def _split_lines(start: _Start) -> Iterator[bytes]:
    pending, number = b"", start.line
    for chunk in start.chunks():
        *whole, pending = (pending + chunk).split(b"\n")
        for at, line in enumerate((*whole, pending), number):
            if len(line) > MAX_RECORD:
                raise DatasetInvalid(f"line {at} is longer than {MAX_RECORD:,} bytes")
        number += len(whole)
        yield from whole
    yield pending


def _read_line(position: int, number: int, line: bytes) -> RawRecord:
    try:
        text = line.decode("utf-8")
        return _record(position, DECODER.decode(text), text, 0, len(text))
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8 at its byte {error.start}"
    except json.JSONDecodeError as error:
        reason = f"is not JSON: {error.msg} (column {error.colno})"
    except (ValueError, RecursionError) as error:
        reason = f"cannot be read: {_why(error)}"
    return RawRecord(position, problem=reason, line=number)


def _record(position: int, value: Any, text: str, start: int, end: int) -> RawRecord:
    """A record decoded from a part of `text`. JSON can write half a character, which no file in UTF-8 can hold."""
    if _ESCAPED_SURROGATE.search(text, start, end):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return RawRecord(position, problem="holds half of a surrogate pair, which is no character")
    return RawRecord(position, value)


def _why(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


class _ArrayReader:
    """Walks through the elements of an array, decoding one at a time from a buffer of text."""

    def __init__(self, start: _Start) -> None:
        self._chunks = start.chunks()
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._byte = start.byte
        self._fed = start.byte
        self._line = start.line
        self._position = 0

    def __iter__(self) -> Iterator[RawRecord]:
        self._take("[")
        more = self._next() != "]"
        while more:
            self._position += 1
            yield self._value()
            more = self._next() == ","
            if more:
                self._take(",")
        self._take("]")
        if self._next():
            self._fail("text follows after the end of the array", self._at)

    def _next(self) -> str:
        """The next character that is not blank, without taking it; '' at the end of the file."""
        while True:
            found = _NOT_BLANK.search(self._text, self._at)
            self._at = found.start() if found else len(self._text)
            if found or not self._fill():
                return found[0] if found else ""

    def _take(self, mark: str) -> None:
        found = self._next()
        if found != mark:
            what = repr(found) if found else "the end of the file"
            self._fail(f"after record {self._position} comes {what} where ',' or ']' belongs", self._at)
        self._at += 1

    def _value(self) -> RawRecord:
        """Decode the next value, reading chunks until it and the character after it are in the buffer."""
        self._next()
        while True:
            value, end, error = self._decode()
            if error is None and end < len(self._text) and end - self._at <= MAX_RECORD:
                start, self._at = self._at, end
                return _record(self._position, value, self._text, start, end)
            if len(self._text) - self._at > MAX_RECORD or not self._fill():
                self._refuse(error)

    def _decode(self) -> tuple[Any, int, json.JSONDecodeError | None]:
        """The value and where it ends, or an error: it may only mean that more has to be read."""
        try:
            return *DECODER.raw_decode(self._text, self._at), None
        except json.JSONDecodeError as error:
            return None, 0, error
        except (ValueError, RecursionError) as error:
            self._fail(f"record {self._position} cannot be read: {_why(error)}", self._at)

    def _refuse(self, error: json.JSONDecodeError | None) -> NoReturn:
        if error is not None:
            within = f" within {MAX_RECORD:,} characters" if len(self._text) - self._at > MAX_RECORD else ""
            self._fail(f"record {self._position} is not JSON{within}: {error.msg}", error.pos)
        if len(self._text) - self._at > MAX_RECORD:
            self._fail(f"record {self._position} is longer than {MAX_RECORD:,} characters", self._at)
        self._fail(f"the file ends right after record {self._position} where ',' or ']' belongs", len(self._text))

    def _fill(self) -> bool:
        """Drop consumed text and add one chunk; False, without a change, at the end of the file."""
        chunk = next(self._chunks, b"")
        try:
            more = self._utf8.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            byte = self._fed + len(chunk) - len(error.object) + error.start
            raise DatasetInvalid(f"byte {byte}, after record {self._position}, is not UTF-8") from error
        if not chunk:
            return False
        taken, self._text, self._at = self._text[: self._at], self._text[self._at :] + more, 0
        self._byte += len(taken.encode())
        self._line += taken.count("\n")
        self._fed += len(chunk)
        return True

    def _fail(self, problem: str, at: int) -> NoReturn:
        before = self._text[:at]
        line, byte = self._line + before.count("\n"), self._byte + len(before.encode())
        raise DatasetInvalid(f"the file is not a JSON array of records: {problem} (line {line}, byte {byte})")
