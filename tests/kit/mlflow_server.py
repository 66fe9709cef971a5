"""The parts of MLflow's REST API needed to write runs, in memory; and a real local server.

Status codes, error codes and limits match mlflow 3 (tests/adapters/test_mlflow.py runs with both).
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import urllib3

from tests.kit.waiting import eventually

LIMITS = {"metrics": 1000, "params": 100, "tags": 100}
API, ARTIFACTS = "/api/2.0/mlflow/", "/api/2.0/mlflow-artifacts/artifacts/"


@dataclass(frozen=True)
class ReceivedRequest:
    """`target` is path and query as sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class MemoryMlflow:
    """Experiments, runs and artefacts; `requests` records what was received."""

    def __init__(self, *, artifact_root: str = "mlflow-artifacts:/") -> None:
        self.experiments: dict[str, str] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.artifacts: dict[str, bytes] = {}
        self.requests: list[ReceivedRequest] = []
        self.fault: int | None = None
        """If set, the status of all responses."""
        self._root = artifact_root

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """Return the status, and JSON or the bytes of an artefact."""
        path = unquote(urlsplit(target).path)
        if path.startswith(ARTIFACTS):
            return self._artifact(method, path.removeprefix(ARTIFACTS), body)
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        request = json.loads(body or b"{}") | query
        operation = path.removeprefix(API).replace("/", "_").replace("-", "_")
        return getattr(self, f"_{operation}")(request)  # type: ignore[no-any-return]

    def _artifact(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if method == "PUT":
            self.artifacts[path] = body
            return 200, {}
        return 200, self.artifacts[path]

    def _experiments_get_by_name(self, request: dict[str, Any]) -> tuple[int, Any]:
        found = self.experiments.get(request["experiment_name"])
        if found is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST"}
        return 200, {"experiment": {"experiment_id": found}}

    def _experiments_create(self, request: dict[str, Any]) -> tuple[int, Any]:
        self.experiments[request["name"]] = str(len(self.experiments) + 1)
        return 200, {"experiment_id": self.experiments[request["name"]]}

    def _runs_search(self, request: dict[str, Any]) -> tuple[int, Any]:
        found = re.fullmatch(r"tags\.`([^`]+)` = '([^']+)'", request["filter"])
        assert found, request["filter"]
        return 200, {
            "runs": [
                _shown(run)
                for run in self.runs.values()
                if run["info"]["experiment_id"] in request["experiment_ids"] and run["tags"].get(found[1]) == found[2]
            ]
        }

    def _runs_create(self, request: dict[str, Any]) -> tuple[int, Any]:
        run_id = f"{len(self.runs) + 1:032x}"
        info = {"run_id": run_id, "experiment_id": request["experiment_id"], "run_name": request["run_name"]}
        info |= {"status": "RUNNING", "start_time": request["start_time"]}
        info |= {"artifact_uri": f"{self._root}{request['experiment_id']}/{run_id}/artifacts"}
        tags = {tag["key"]: tag["value"] for tag in request["tags"]}
        self.runs[run_id] = {"info": info, "tags": tags, "params": {}, "metrics": {}}
        return 200, {"run": _shown(self.runs[run_id])}

    def _runs_log_batch(self, request: dict[str, Any]) -> tuple[int, Any]:
        if any(len(request.get(part, [])) > limit for part, limit in LIMITS.items()):
            return 400, {"error_code": "INVALID_PARAMETER_VALUE"}
        run = self.runs[request["run_id"]]
        for part in ("params", "tags"):
            run[part] |= {pair["key"]: pair["value"] for pair in request.get(part, [])}
        for metric in request.get("metrics", []):
            values = (metric["timestamp"], metric["step"], metric["value"])
            run["metrics"].setdefault(metric["key"], set()).add(values)
        return 200, {}

    def _runs_update(self, request: dict[str, Any]) -> tuple[int, Any]:
        run = self.runs[request["run_id"]]
        run["info"] |= {"status": request["status"], "end_time": request["end_time"]}
        return 200, {"run_info": run["info"]}

    def _runs_get(self, request: dict[str, Any]) -> tuple[int, Any]:
        return 200, {"run": _shown(self.runs[request["run_id"]])}

    def _metrics_get_history(self, request: dict[str, Any]) -> tuple[int, Any]:
        values = sorted(self.runs[request["run_id"]]["metrics"][request["metric_key"]], key=lambda value: value[1])
        return 200, {"metrics": [{"step": step, "value": value} for _, step, value in values]}


def _shown(run: Mapping[str, Any]) -> dict[str, Any]:
    pairs = {part: [{"key": k, "value": v} for k, v in run[part].items()] for part in ("params", "tags")}
    return {"info": run["info"], "data": pairs}


@contextmanager
def served(mlflow: MemoryMlflow) -> Iterator[str]:
    """Serve the in-memory API and yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            mlflow.requests.append(ReceivedRequest(self.command, self.path, dict(self.headers.items()), body))
            status, reply = (mlflow.fault, {}) if mlflow.fault else mlflow.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Location", "http://169.254.169.254/latest")
            self.end_headers()
            self.wfile.write(reply if isinstance(reply, bytes) else json.dumps(reply).encode())

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def real_server(python: Path, folder: Path, port: int) -> Iterator[str]:
    """Run `mlflow server` with its database and artefacts in `folder`, and yield its URL."""
    address = f"http://127.0.0.1:{port}"
    command = [str(python), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "files"),
    ]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)  # noqa: S603  our own arguments
    try:
        eventually(lambda: _healthy(address), f"mlflow server; see {folder / 'log.txt'}", seconds=120)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _healthy(address: str) -> bool | None:
    try:
        return urllib3.request("GET", f"{address}/health", retries=False).status == 200 or None
    except urllib3.exceptions.HTTPError:
        return None
