"""Downloads files of a run: atomically, and resumed after interruptions."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import HTTPError

from rft_client.api_client import ApiClient
from rft_client.errors import ApiError, RftClientError
from rft_client.transport import http_session

PARALLELISM = 8
EXPIRED = 403
ATTEMPTS = 3
"""Maximum attempts per file, with a renewed URL each time."""
PART = ".part"
BLOCK = 256 * 2**10
_MD5 = re.compile(r"[0-9a-f]{32}")
Advance = Callable[[int], None]
"""Called with a number of bytes."""


@dataclass
class Downloader:
    """Downloads files to a folder. Not thread-safe, because it reuses connections: use one per thread."""

    folder: Path
    _http: dict[str, URLLib3Session] = field(default_factory=dict, repr=False)

    def load(self, file: Mapping[str, Any], advance: Advance) -> bool:
        """Downloads a file of `GET /runs/{run_id}/files`, unless it exists. Returns whether it was downloaded.

        Raises ApiError (status 403: the URL has expired) and RftClientError.
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
                raise RftClientError(f"{file['name']} arrived damaged; run the command again")
            part.replace(path)
        except OSError as error:
            raise RftClientError(f"Cannot write {path}: {error.strerror or error}") from error
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
        with part.open(mode) as stream, suppress(HTTPError):  # received bytes are kept
            for block in response.raw.stream(BLOCK):
                stream.write(block)
                advance(len(block))
        if part.stat().st_size < file["bytes"]:
            raise ApiError(0, f"{file['name']} broke off; run the command again to resume it")

    def _get(self, url: str, start: int, etag: str) -> Any:
        """Requests the bytes from `start` on, or the complete file if its version has changed (If-Range)."""
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
            self._http[host] = http_session(url, timeout=60)
        return self._http[host]


@dataclass
class RunDownload:
    """Downloads all files of a run to a folder in parallel, each resumable.

    `announce` is called with the total bytes known so far, `advance` with each number of bytes received.
    """

    client: ApiClient
    run_id: str
    folder: Path
    announce: Advance = lambda _: None
    advance: Advance = lambda _: None
    files: int = 0
    loaded: int = 0
    bytes: int = 0
    _own: threading.local = field(default_factory=threading.local, repr=False)

    def load_all(self) -> None:
        """Downloads page by page, because a page's URLs expire. Raises ApiError and RftClientError."""
        with ThreadPoolExecutor(PARALLELISM, thread_name_prefix="download") as pool:
            for page in self.client.files(self.run_id):
                self.bytes += sum(file["bytes"] for file in page)
                self.announce(self.bytes)
                try:
                    for loaded in pool.map(self._load, page):
                        self.files += 1
                        self.loaded += loaded
                except BaseException:
                    pool.shutdown(wait=True, cancel_futures=True)
                    raise

    def _load(self, file: dict[str, Any]) -> bool:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._downloader.load(file, self.advance)
            except ApiError as error:
                if error.status != EXPIRED or attempt == ATTEMPTS:
                    raise
                file = next(self._renewed(file["name"]), file)
        raise RftClientError(f"{file['name']} cannot be loaded")

    def _renewed(self, name: str) -> Iterator[dict[str, Any]]:
        return (file for page in self.client.files(self.run_id) for file in page if file["name"] == name)

    @property
    def _downloader(self) -> Downloader:
        if not hasattr(self._own, "downloader"):
            self._own.downloader = Downloader(self.folder)
        downloader: Downloader = self._own.downloader
        return downloader


def target(folder: Path, name: str) -> Path:
    """Path of a file in the folder. Raises RftClientError for a name outside of it, or invalid on a file system."""
    parts = PurePosixPath(name).parts
    unsafe = name.startswith("/") or "\\" in name or "\0" in name or not parts or ".." in parts
    if unsafe or name.endswith("/") or any(len(part.encode()) > 240 or ":" in part for part in parts):
        raise RftClientError(f"{name!r} is no name for a file here; it was not downloaded")
    return folder.joinpath(*parts)


def is_same(path: Path, file: Mapping[str, Any]) -> bool:
    """Whether the file exists completely: by its MD5 if the ETag is one, else by its size only."""
    if not path.is_file() or path.stat().st_size != file["bytes"]:
        return False
    if not _MD5.fullmatch(file["etag"]):
        return True
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return bool(digest == file["etag"])
