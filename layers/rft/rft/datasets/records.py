"""Reads raw records from a byte stream: a JSON array or JSON Lines, detected by the first character.

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
"""Maximum record size: bytes in JSON Lines, characters in an array. A grader's payload is limited to 6 MB per batch."""

FORMATS = "UTF-8 text: a JSON array of objects, or one JSON object on each line"

_BLANK = b" \t\r\n"
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_WRAPPED = re.compile(rb'\{\s*"(data|rows|records|examples|samples|items|train|dataset|instances)"\s*:\s*\[\s*[{\]]')
_NOT_BLANK = re.compile(r"[^ \t\r\n]")


class RawRecord(NamedTuple):
    """One record with its 1-based position, or the `problem` and line of one that could not be read."""

    position: int
    value: Any = None
    problem: str = ""
    line: int | None = None


class Readable(Protocol):
    """A readable stream; `read` returns up to `size` bytes, and none only at the end."""

    def read(self, size: int, /) -> bytes: ...


class SourceBytes:
    """Counts and hashes the bytes of a stream while they are read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.bytes = 0

    def chunks(self) -> Iterator[bytes]:
        while chunk := self._stream.read(CHUNK_BYTES):
            self._hash.update(chunk)
            self.bytes += len(chunk)
            yield chunk

    def read_to_end(self) -> None:
        # Size and digest cover the whole file.
        for _ in self.chunks():
            pass

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of the bytes read so far."""
        return f"sha256:{self._hash.hexdigest()}"


def read_records(source: SourceBytes) -> Iterator[RawRecord]:
    """Yields the records in file order; nothing for an empty file.

    In JSON Lines an unreadable line is a record with a problem. Raises DatasetInvalid, with position and byte, if the
    file cannot be read further: unknown format, a broken array, a record over the limit.
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
    """Rejects a file that is one object wrapping all records."""
    wrapped = _WRAPPED.match(start.text)
    # JSON Lines with that key have other keys as well.
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
    """Like `read_records`, for JSON Lines from the middle of a file, at the start of a line."""
    return _lines(_Start(b"", chunks, 0, 1))


@dataclass(frozen=True)
class _Start:
    """A file from its first non-blank character; `byte` and `line` are its position."""

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
    # JSON can encode lone surrogates, which UTF-8 files cannot contain.
    if _ESCAPED_SURROGATE.search(text, start, end):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return RawRecord(position, problem="holds half of a surrogate pair, which is no character")
    return RawRecord(position, value)


def _why(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


class _ArrayReader:
    """Iterates over the elements of an array, decoding one at a time from a text buffer."""

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
        """Peeks at the next non-blank character; '' at the end of the file."""
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
        """Decodes the next value, reading chunks until it and the following character are buffered."""
        self._next()
        while True:
            value, end, error = self._decode()
            if error is None and end < len(self._text) and end - self._at <= MAX_RECORD:
                start, self._at = self._at, end
                return _record(self._position, value, self._text, start, end)
            if len(self._text) - self._at > MAX_RECORD or not self._fill():
                self._refuse(error)

    def _decode(self) -> tuple[Any, int, json.JSONDecodeError | None]:
        """The value and its end, or an error, which may only mean that more must be read."""
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
        """Discards consumed text and appends one chunk; returns False, without a change, at the end of the file."""
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
