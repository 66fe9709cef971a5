"""Deployed code by digest: copies that do not change when their source folder does."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

NOT_DEPLOYED = "__pycache__"


def digest_of(folder: Path) -> str:
    """Return the SHA-256 (hexadecimal) of a folder's file names and contents, without compiled Python files."""
    total = hashlib.sha256()
    for path in _files(folder):
        content = path.read_bytes()
        total.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def code_sha256(digest: str) -> str:
    """Convert a hexadecimal digest to Base64, as in Lambda's CodeSha256."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def zip_folder(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in _files(folder):
            archive.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue()


class CodeStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Return the path for code with this digest, whether it exists or not."""
        return self._folder / digest

    def add_folder(self, source: Path) -> Path:
        """Copy a folder and return the copy's path. Raises ValueError if the folder does not exist."""
        if not source.is_dir():
            raise ValueError(f"folder {source} not found")
        target = self.path(digest_of(source))
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=self._folder) as temporary:
                copy = Path(temporary) / "code"
                shutil.copytree(source, copy)  # preserves modification times, on which the validity of bytecode depends
                copy.rename(target)
        return target

    def add_archive(self, archive: bytes) -> Path:
        """Extract a zip archive and return the path of its contents. Raises zipfile.BadZipFile."""
        with tempfile.TemporaryDirectory(dir=self._folder) as temporary:
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                opened.extractall(temporary)
            return self.add_folder(Path(temporary))


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and NOT_DEPLOYED not in path.parts)
    return iter(sorted(found))
