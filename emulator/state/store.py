"""A folder with one SQLite database in it, which a process that is killed at any moment leaves whole."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATABASE, LOCK = "state.sqlite", "lock"

APPLICATION = 0x52465445  # "RFTE", in the database's header
VERSION = 3
"""Of what is in the records. Raise it when older ones cannot be read any more."""

_MAX_CHARACTER = "\U0010ffff"


class StateUnusable(ValueError):
    """The folder cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Record:
    """A JSON value under a kind and a key, with bytes. A value of None is no record: it deletes."""

    kind: str
    key: str
    value: Any
    body: bytes | None = None


class Store:
    """Records on disk, locked by one process at a time.

    What `put` has accepted survives a SIGKILL. It may be lost, as a whole and never in part, if the machine itself
    goes down: nothing waits for the disk.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made if it is missing. Raises StateUnusable, OSError."""
        self.folder = folder
        _check_folder(folder)
        _close_to_others(folder)
        self._lock_file = (folder / LOCK).open("w")
        self._lock = threading.RLock()
        self._frozen = False
        try:
            self._lock_folder()
            self._database = _open_database(folder)
        except BaseException:
            self._lock_file.close()
            raise

    def put(self, *records: Record) -> None:
        """Write all of the records or, where this process dies meanwhile, none."""
        with self._lock:
            if self._frozen:
                return
            with self._database:
                for each in records:
                    self._put(each)

    def get(self, kind: str, key: str) -> Any:
        """The value of one record; None where there is none."""
        with self._lock:
            found = self._database.execute("SELECT value FROM records WHERE kind = ? AND key = ?", (kind, key))
            return next((json.loads(value) for (value,) in found), None)

    def all(self, kind: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Keys and values by key, of those keys that begin with `prefix`."""
        with self._lock:
            found = self._database.execute(
                "SELECT key, value FROM records WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
                (kind, prefix, prefix + _MAX_CHARACTER),
            ).fetchall()
        return ((key, json.loads(value)) for key, value in found)

    def body(self, kind: str, key: str) -> bytes:
        """The bytes of a record."""
        with self._lock:
            found = self._database.execute("SELECT body FROM records WHERE kind = ? AND key = ?", (kind, key))
            body: bytes = found.fetchone()[0]
            return body

    def freeze(self) -> None:
        """Write nothing from now on: what an emulator does while it ends is not resumed."""
        with self._lock:
            self._frozen = True

    def close(self) -> None:
        """Let go of the folder."""
        with self._lock:
            self._frozen = True
            self._database.close()
            self._lock_file.close()

    def _put(self, record: Record) -> None:
        if record.value is None:
            self._database.execute("DELETE FROM records WHERE kind = ? AND key = ?", (record.kind, record.key))
        else:
            value = json.dumps(record.value, default=str)
            row = (record.kind, record.key, value, record.body)
            self._database.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)", (*row, _checksum(*row)))

    def _lock_folder(self) -> None:
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateUnusable(
                f"the state in {self.folder} is in use by an emulator that runs; end that one, or name another folder"
            ) from error


def _check_folder(folder: Path) -> None:
    """Nothing is written into a folder that is something else. Raises StateUnusable."""
    if folder.exists() and not folder.is_dir():
        raise StateUnusable(f"{folder} is a file; use a folder")
    if folder.exists() and not (folder / DATABASE).exists() and any(path.name != LOCK for path in folder.iterdir()):
        raise StateUnusable(f"{folder} holds other files and no emulator's state; name a new or an empty folder")


def _close_to_others(folder: Path) -> None:
    """Make the folder and its database where they are missing, for their owner alone: secret keys are in there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        database = folder / DATABASE
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
        database.chmod(0o600)  # SQLite gives its further files the same
    except PermissionError as error:
        raise StateUnusable(f"{folder} belongs to another user; name another folder") from error


def _checksum(kind: str, key: str, value: str, body: bytes | None) -> int:
    return zlib.crc32(body or b"", zlib.crc32("\0".join((kind, key, value)).encode()))


def _open_database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / DATABASE, check_same_thread=False)
    try:
        _prepare(database, folder)
        _check_records(database)
    except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
        database.close()
        if isinstance(error, StateUnusable):
            raise
        raise StateUnusable(f"the state in {folder} is damaged ({error}); {_ADVICE}") from error
    except BaseException:
        database.close()
        raise
    return database


def _check_records(database: sqlite3.Connection) -> None:
    """That all is as it was written: SQLite does not notice a changed bit in what it stores. Raises ValueError."""
    (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise ValueError(found)
    for *row, checksum in database.execute("SELECT kind, key, value, body, checksum FROM records"):
        if _checksum(*row) != checksum:
            raise ValueError("a record is not as it was written")


_ADVICE = "delete the folder to start anew, or name another one"


def _prepare(database: sqlite3.Connection, folder: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION:
        raise StateUnusable(f"{folder / DATABASE} is no emulator's state; name another folder")
    if tables and version != VERSION:
        raise StateUnusable(f"the state in {folder} is of version {version}, and this is {VERSION}; {_ADVICE}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")  # the process may be killed, the machine is expected to stay up
    with database:
        database.execute("BEGIN")
        database.execute(
            "CREATE TABLE IF NOT EXISTS records (kind TEXT, key TEXT, value TEXT NOT NULL, body BLOB,"
            " checksum INTEGER NOT NULL, PRIMARY KEY (kind, key))"
        )
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
