"""Files of a run on their way to this machine: whole or not there at all, and resumed where they broke off."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from rft_cli.client.api_client import ApiError
from rft_cli.errors import CommandError

PART = ".part"
BLOCK = 256 * 2**10
_MD5 = re.compile(r"[0-9a-f]{32}")
Advance = Callable[[int], None]
"""Takes how many more bytes are there."""


@dataclass
class Downloader:
    """Loads files into a folder. One for each thread: it holds a connection."""

    folder: Path
    _http: dict[str, URLLib3Session] = field(default_factory=dict, repr=False)

    def load(self, file: Mapping[str, Any], advance: Advance) -> bool:
        """Load a file of `GET /runs/{run_id}/files`, unless it is there; True where it was loaded.

        Raises ApiError (status 403: its address has expired) and CommandError.
        """
        path = target(self.folder, file["name"])
        if is_same(path, file):
            advance(file["bytes"])
            return False
        part = path.with_name(path.name + PART)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._resume(file, part, advance)
            if not is_same(part, file):
                part.unlink()
                raise CommandError(f"{file['name']} arrived damaged; run the command again")
            part.replace(path)
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror or error}") from error
        return True

    def _resume(self, file: Mapping[str, Any], part: Path, advance: Advance) -> None:
        start = part.stat().st_size if part.exists() else 0
        if start > file["bytes"]:
            start = 0
        response = self._get(file["url"], start, file["etag"]) if start < file["bytes"] or not part.exists() else None
        advance(start if response is None or response.status_code == 206 else 0)
        if response is None:
            return
        mode = "ab" if response.status_code == 206 else "wb"
        with part.open(mode) as stream, suppress(HTTPError):  # what has arrived is there
            for block in response.raw.stream(BLOCK):
                stream.write(block)
                advance(len(block))
        if part.stat().st_size < file["bytes"]:
            raise ApiError(0, f"{file['name']} broke off; run the command again to resume it")

    def _get(self, url: str, start: int, etag: str) -> Any:
        """Of another version of the file than the one that was begun, all is loaded."""
        headers = {"Range": f"bytes={start}-", "If-Range": f'"{etag}"'} if start else {}
        request = AWSRequest(method="GET", url=url, headers=headers, stream_output=True).prepare()
        try:
            response = self._session(url).send(request)
        except BotoCoreError as error:
            raise ApiError(0, f"Cannot reach {urlsplit(url).hostname}: check your network") from error
        if response.status_code >= 400:
            raise ApiError(response.status_code, f"HTTP {response.status_code} from {urlsplit(url).hostname}")
        return response

    def _session(self, url: str) -> URLLib3Session:
        host = urlsplit(url).hostname or ""
        if host not in self._http:
            local = host in {"127.0.0.1", "localhost", "::1"}
            self._http[host] = URLLib3Session(timeout=60, proxies=None if local else get_environ_proxies(url))
        return self._http[host]


def target(folder: Path, name: str) -> Path:
    """Where a file goes. Raises CommandError for a name that leads out of the folder, or that no disk takes."""
    parts = PurePosixPath(name).parts
    unsafe = name.startswith("/") or "\\" in name or "\0" in name or not parts or ".." in parts
    if unsafe or name.endswith("/") or any(len(part.encode()) > 240 or ":" in part for part in parts):
        raise CommandError(f"{name!r} is no name for a file here; it was not downloaded")
    return folder.joinpath(*parts)


def is_same(path: Path, file: Mapping[str, Any]) -> bool:
    """Whether the file is there, whole. By its MD5 where S3 tells it, else by its size alone."""
    if not path.is_file() or path.stat().st_size != file["bytes"]:
        return False
    if not _MD5.fullmatch(file["etag"]):
        return True
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return bool(digest == file["etag"])
