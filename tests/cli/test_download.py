"""`rft download` and `rft rollouts` against an API and a file server on loopback."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from rft.contracts.ledger import RunStatus
from rft_client.download import PART, target
from rft_client.errors import RftClientError
from tests.kit.fakes.api import ApiRequest, FakeApi
from tests.kit.records import RUN_ID
from tests.kit.rft_command import Rft
from tests.kit.rollouts import rollout
from tests.kit.views import view

BODIES = {"report.json": b"{}", "dataset/train.jsonl": b"row\n" * 5_000, "empty": b""}


@dataclass
class Files:
    """A file server that takes ranges. `cut` bytes are all that the next answer has; `expired` addresses are 403."""

    url: str = ""
    bodies: dict[str, bytes] = field(default_factory=lambda: dict(BODIES))
    requests: list[tuple[str, str]] = field(default_factory=list)
    cut: int | None = None
    expired: int = 0

    def listing(self, *names: str) -> dict[str, Any]:
        return {"run_id": RUN_ID, "files": [self._file(name) for name in names or self.bodies], "cursor": None}

    def _file(self, name: str) -> dict[str, Any]:
        body = self.bodies[name]
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        return {"name": name, "bytes": len(body), "etag": etag, "url": f"{self.url}/{name}", "expires_at": "2026"}


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested = self.headers.get("Range", "")
            files.requests.append((self.path[1:], requested))
            if files.expired:
                files.expired -= 1
                self.send_error(403)
                return
            body = files.bodies[self.path[1:]]
            start = int(requested.removeprefix("bytes=").rstrip("-")) if requested else 0
            self.send_response(206 if requested else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start:][: files.cut])
            self.close_connection = files.cut is not None
            files.cut = None

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    files.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield files
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def listed(api: FakeApi, files: Files) -> Files:
    api.answer = lambda requests: (200, files.listing())
    return files


def stored(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_file_is_downloaded_and_a_repeat_downloads_none(rft: Rft, listed: Files, tmp_path: Path) -> None:
    found = rft("download", RUN_ID, tmp_path, "-o", "json").json
    assert (stored(tmp_path), found["loaded"]) == (BODIES, 3)
    listed.requests.clear()
    assert rft("download", RUN_ID, tmp_path, "-o", "json").json["loaded"] == 0
    assert listed.requests == []


def test_an_interrupted_download_is_resumed(rft: Rft, listed: Files, tmp_path: Path) -> None:
    listed.bodies = {"big": b"0123456789" * 100_000}
    listed.cut = 300_000
    first = rft("download", RUN_ID, tmp_path)
    assert (first.status, "run the command again" in first.err) == (1, True)
    size = (tmp_path / f"big{PART}").stat().st_size
    assert 0 < size <= 300_000
    assert rft("download", RUN_ID, tmp_path).status == 0
    assert listed.requests[-1] == ("big", f"bytes={size}-")
    assert stored(tmp_path) == listed.bodies


def test_a_changed_file_is_downloaded_again(rft: Rft, listed: Files, tmp_path: Path) -> None:
    rft("download", RUN_ID, tmp_path)
    listed.bodies["report.json"] = b"[]"
    assert rft("download", RUN_ID, tmp_path, "-o", "json").json["loaded"] == 1
    assert stored(tmp_path) == listed.bodies


def test_an_address_that_has_expired_is_renewed(rft: Rft, listed: Files, tmp_path: Path) -> None:
    listed.expired = 1
    assert rft("download", RUN_ID, tmp_path).status == 0
    assert stored(tmp_path) == BODIES


def test_a_damaged_part_is_not_accepted_as_the_file(rft: Rft, listed: Files, tmp_path: Path) -> None:
    (tmp_path / f"report.json{PART}").write_bytes(b"xx")
    assert "damaged" in rft("download", RUN_ID, tmp_path).err
    assert rft("download", RUN_ID, tmp_path).status == 0
    assert stored(tmp_path) == BODIES


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", "a\\b", "C:x", "a/", "x" * 300, "a\0b"])
def test_no_file_name_escapes_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(RftClientError, match="is no name"):
        target(tmp_path, name)


# ---- rollouts -----------------------------------------------------------------------------------------------------

ROWS = [
    rollout(
        None if n == 3 else n / 10,
        id=str(n),
        task=f"row-{n}\x1b[2J",
        error_reason="no [bold]judge[/]" if n == 3 else None,
    )
    for n in range(10)
]  # fmt: skip


def pages(requests: ApiRequest) -> tuple[int, Any]:
    if requests.path == f"/runs/{RUN_ID}":
        return 200, view(RunStatus.TRAINING)
    at = int(requests.query.get("cursor", "0"))
    rows = [each.model_dump(mode="json") for each in ROWS[at : at + 4]]
    return 200, {"run_id": RUN_ID, "rollouts": rows, "unreadable": 0, "cursor": str(at + 4) if at < 8 else None}


def test_hostile_text_in_a_table_is_escaped(rft: Rft, api: FakeApi) -> None:
    api.answer = pages
    found = rft("rollouts", RUN_ID, "--limit", 5)
    assert found.out.count("\n") == 6
    assert "\x1b" not in found.out
    assert "row-0\\x1b[2J" in found.out
    assert "no [bold]judge[/]" in found.out


def test_filters_are_passed_to_the_api(rft: Rft, api: FakeApi) -> None:
    api.answer = pages
    rft("rollouts", RUN_ID, "--split", "train", "--row", "a b", "--errors", "--min-score", 0.5)
    requested = {"split": "train", "task_id": "a b", "errors": "true", "min_score": "0.5", "limit": "1000"}
    assert api.requests[0].query == requested


def test_json_lines_have_every_rollout_once(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    api.answer = pages
    lines = rft("rollouts", RUN_ID, "--all", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row.id for row in ROWS]
    rft("rollouts", RUN_ID, "--all", "--format", "jsonl", "--file", tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_text().splitlines() == lines


def test_parquet_without_pyarrow_says_what_to_install(
    rft: Rft, api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    api.answer = pages
    found = rft("rollouts", RUN_ID, "--format", "parquet", "--file", tmp_path / "a.parquet")
    assert (found.status, "pip install pyarrow" in found.err) == (1, True)
    assert not (tmp_path / "a.parquet").exists()


def test_parquet_has_every_rollout(rft: Rft, api: FakeApi, tmp_path: Path) -> None:
    api.answer = pages
    rft("rollouts", RUN_ID, "--all", "--format", "parquet", "--file", tmp_path / "a.parquet")
    rows = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert [(row["id"], row["score"]) for row in rows] == [(row.id, row.score) for row in ROWS]


def test_no_matching_rollouts_are_reported(rft: Rft, api: FakeApi) -> None:
    api.says((200, {"run_id": RUN_ID, "rollouts": [], "unreadable": 0, "cursor": None}))
    found = rft("rollouts", RUN_ID)
    assert (found.status, found.out, "No rollouts match" in found.err) == (0, "", True)
