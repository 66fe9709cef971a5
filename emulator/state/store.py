"""A folder with one SQLite database in it, which a process that is killed at any moment leaves whole."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATABASE, LOCK = "state.sqlite", "lock"

APPLICATION = 0x52465445  # "RFTE", in the database's header
VERSION = 2
"""Of what is in the records. Raise it when older ones cannot be read any more."""

_MAX_CHARACTER = "\U0010ffff"


class StateUnusable(ValueError):
    """The folder cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Record:
    """A JSON value under a kind and a key, and bytes beside it. A value of None is no record: it deletes."""

    kind: str
    key: str
    value: Any
    body: bytes | None = None


class Store:
    """Records on disk, held by one process at a time.

    What `put` has taken is there after a SIGKILL. It may be lost, as a whole and never in part, if the machine itself
    goes down: nothing waits for the disk.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made if it is missing. Raises StateUnusable, OSError."""
        self.folder = folder
        _check_folder(folder)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        """The bytes beside a record."""
        with self._lock:
            found = self._database.execute("SELECT body FROM records WHERE kind = ? AND key = ?", (kind, key))
            body: bytes = found.fetchone()[0]
            return body

    def freeze(self) -> None:
        """Write nothing from now on: what an emulator does while it ends is not to be taken up again."""
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
            self._database.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", row)

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
        raise StateUnusable(f"{folder} is a file; state is kept in a folder")
    if folder.exists() and not (folder / DATABASE).exists() and any(path.name != LOCK for path in folder.iterdir()):
        raise StateUnusable(f"{folder} holds other files and no emulator's state; name a new or an empty folder")


def _open_database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / DATABASE, check_same_thread=False)
    try:
        _prepare(database, folder)
    except sqlite3.DatabaseError as error:
        database.close()
        raise StateUnusable(f"the state in {folder} cannot be read ({error}); {_ADVICE}") from error
    except BaseException:
        database.close()
        raise
    return database


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
            " PRIMARY KEY (kind, key))"
        )
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
