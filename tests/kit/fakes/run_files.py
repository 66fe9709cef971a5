"""Files of runs, in memory."""

from __future__ import annotations

import hashlib

from rft.ports.run_files import RunFile
from tests.kit.fakes.store import MemoryStore


class MemoryRunFiles:
    """Files are the objects of a store; a URL contains the file's key and the expiry."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def after(self, run_id: str, name: str, *, most: int) -> list[RunFile]:
        prefix = self._store.uri(f"runs/{run_id}/")
        names = sorted(uri.removeprefix(prefix) for uri in self._store.objects if uri.startswith(prefix))
        return [self._file(prefix, each) for each in names if each > name][:most]

    def link(self, run_id: str, name: str, *, seconds: int) -> str:
        return f"https://{run_id}.example/{name}?expires={seconds}"

    def _file(self, prefix: str, name: str) -> RunFile:
        body = self._store.objects[prefix + name]
        return RunFile(name, len(body), hashlib.md5(body, usedforsecurity=False).hexdigest())
