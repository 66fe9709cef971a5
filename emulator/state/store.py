"""A folder with one SQLite database, which stays consistent if the process is killed at any time."""

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
"""Version of the record format. Increment it when older records can no longer be read."""

_MAX_CHARACTER = "\U0010ffff"


class StateUnusable(ValueError):
    """The folder cannot be used; the message names it and gives a remedy."""


@dataclass(frozen=True)
class Record:
    """A JSON value by kind and key, with an optional body of bytes. A value of None deletes the record."""

    kind: str
    key: str
    value: Any
    body: bytes | None = None


class Store:
    """Records on disk, locked by one process at a time.

    After `put` returns, records survive a SIGKILL. A crash of the machine may lose the latest writes, each of them
    atomically, because writes are not synced to disk.
    """

    def __init__(self, folder: Path) -> None:
        """Lock the folder, which is created if it is missing. Raises StateUnusable, OSError."""
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
        """Write all records atomically."""
        with self._lock:
            if self._frozen:
                return
            with self._database:
                for each in records:
                    self._put(each)

    def get(self, kind: str, key: str) -> Any:
        """Return the value of one record; returns None if it does not exist."""
        with self._lock:
            found = self._database.execute("SELECT value FROM records WHERE kind = ? AND key = ?", (kind, key))
            return next((json.loads(value) for (value,) in found), None)

    def all(self, kind: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Yield (key, value) sorted by key, for keys that start with `prefix`."""
        with self._lock:
            found = self._database.execute(
                "SELECT key, value FROM records WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
                (kind, prefix, prefix + _MAX_CHARACTER),
            ).fetchall()
        return ((key, json.loads(value)) for key, value in found)

    def body(self, kind: str, key: str) -> bytes:
        with self._lock:
            found = self._database.execute("SELECT body FROM records WHERE kind = ? AND key = ?", (kind, key))
            body: bytes = found.fetchone()[0]
            return body

    def freeze(self) -> None:
        """Ignore all further writes, so that actions during shutdown are not resumed."""
        with self._lock:
            self._frozen = True

    def close(self) -> None:
        """Close the database and release the lock."""
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
                f"the state in {self.folder} is in use by a running emulator; stop it or choose another folder"
            ) from error


def _check_folder(folder: Path) -> None:
    """Raise StateUnusable if the folder has other contents, so that nothing is written into it."""
    if folder.exists() and not folder.is_dir():
        raise StateUnusable(f"{folder} is a file; use a folder")
    if folder.exists() and not (folder / DATABASE).exists() and any(path.name != LOCK for path in folder.iterdir()):
        raise StateUnusable(f"{folder} contains other files and no emulator state; choose a new or empty folder")


def _close_to_others(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # the files hold secret keys
        folder.chmod(0o700)
        database = folder / DATABASE
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
        database.chmod(0o600)  # SQLite uses the same mode for its other files
    except PermissionError as error:
        raise StateUnusable(f"{folder} belongs to another user; choose another folder") from error


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
    (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise ValueError(found)
    # SQLite does not detect changed bits in values
    for *row, checksum in database.execute("SELECT kind, key, value, body, checksum FROM records"):
        if _checksum(*row) != checksum:
            raise ValueError("checksum mismatch in a record")


_ADVICE = "delete the folder to start over, or choose another folder"


def _prepare(database: sqlite3.Connection, folder: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION:
        raise StateUnusable(f"{folder / DATABASE} is not an emulator's state; choose another folder")
    if tables and version != VERSION:
        raise StateUnusable(f"the state in {folder} has version {version}; this emulator uses {VERSION}; {_ADVICE}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")  # safe if the process is killed; a crash of the machine is accepted
    with database:
        database.execute("BEGIN")
        database.execute(
            "CREATE TABLE IF NOT EXISTS records (kind TEXT, key TEXT, value TEXT NOT NULL, body BLOB,"
            " checksum INTEGER NOT NULL, PRIMARY KEY (kind, key))"
        )
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
