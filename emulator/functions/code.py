"""Deployed code, by digest: it stays as it was when it was deployed, whatever becomes of the folder it came from."""

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
    """SHA-256, in hexadecimal digits, of a folder's file names and contents; compiled Python does not count."""
    total = hashlib.sha256()
    for path in _files(folder):
        content = path.read_bytes()
        total.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def code_sha256(digest: str) -> str:
    """As Lambda shows it: Base64."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def zip_folder(folder: Path) -> bytes:
    """A folder as CreateFunction takes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in _files(folder):
            archive.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue()


class CodeStore:
    """Copies of deployed folders, each under its digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the code with this digest is, or would be."""
        return self._folder / digest

    def add_folder(self, source: Path) -> Path:
        """A copy of a folder. Raises ValueError if there is no such folder."""
        if not source.is_dir():
            raise ValueError(f"there is no folder {source}")
        target = self.path(digest_of(source))
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=self._folder) as temporary:
                copy = Path(temporary) / "code"
                shutil.copytree(source, copy)  # with compiled files, whose validity hangs on the time of each source
                copy.rename(target)
        return target

    def add_archive(self, archive: bytes) -> Path:
        """What a zip archive holds. Raises zipfile.BadZipFile."""
        with tempfile.TemporaryDirectory(dir=self._folder) as temporary:
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                opened.extractall(temporary)
            return self.add_folder(Path(temporary))


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and NOT_DEPLOYED not in path.parts)
    return iter(sorted(found))
