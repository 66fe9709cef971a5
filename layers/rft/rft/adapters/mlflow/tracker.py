"""Exports runs to an MLflow server by its REST API 2.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from rft.adapters.aws_errors import translated
from rft.adapters.mlflow.transport import MlflowTransport
from rft.contracts.outbound.tracked_run import TrackedMetric, TrackedRun
from rft.errors import TrackingRefused
from rft.observability import logger
from rft.runs.tracked_run import RUN_TAG

API = "/api/2.0/mlflow"
MAX_METRICS, MAX_PAIRS = 1000, 100
"""Limits of one log-batch request (MLflow REST API, "Log Batch")."""

Item = TypeVar("Item")

CONTENT_TYPES = {"html": "text/html", "json": "application/json"}


class MlflowTracker:
    """Implements ports.RunTracker. `artifact_bucket`: bucket for artifacts with S3 locations; '' for none."""

    def __init__(self, transport: MlflowTransport, s3: Any, *, artifact_bucket: str = "") -> None:
        self._transport = transport
        self._s3, self._artifact_bucket = s3, artifact_bucket

    def track(self, run: TrackedRun, files: Mapping[str, bytes]) -> str:
        """Finds or creates the run, then writes all its data; idempotent."""
        info = self._run(run)
        for batch in _batches(run):
            self._post("runs/log-batch", {"run_id": info["run_id"], **batch})
        for name, body in files.items():
            self._upload(str(info["artifact_uri"]), name, body)
        end = {"run_id": info["run_id"], "status": run.status, "end_time": _milliseconds(run.ended_at)}
        self._post("runs/update", end)
        return str(info["run_id"])

    def _run(self, run: TrackedRun) -> Mapping[str, Any]:
        """RunInfo of the run created by an earlier delivery, or of a new one."""
        experiment = self._experiment(run.experiment)
        search = {"experiment_ids": [experiment], "filter": f"tags.`{RUN_TAG}` = '{run.run_id}'", "max_results": 1}
        found = self._post("runs/search", search).get("runs")
        if found:
            return _info(found[0])
        tags = [{"key": RUN_TAG, "value": run.run_id}]
        new = {
            "experiment_id": experiment,
            "run_name": run.run_id,
            "start_time": _milliseconds(run.started_at),
            "tags": tags,
        }
        return _info(self._post("runs/create", new)["run"])

    def _experiment(self, name: str) -> str:
        found = self._transport.call("GET", f"{API}/experiments/get-by-name?experiment_name={quote(name, safe='')}", {})
        if found is None:
            return str(self._post("experiments/create", {"name": name})["experiment_id"])
        return str(found["experiment"]["experiment_id"])

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        reply = self._transport.call("POST", f"{API}/{path}", body)
        if reply is None:
            raise TrackingRefused(f"the MLflow server does not know {path}")
        return reply

    def _upload(self, artifact_uri: str, name: str, body: bytes) -> None:
        """Uploads through the server or to its bucket; other locations are skipped without failing the run."""
        scheme, _, place = artifact_uri.partition(":/")
        if scheme == "mlflow-artifacts":
            path = quote(f"{place.strip('/')}/{name}")
            status, _ = self._transport.send(
                "PUT", f"/api/2.0/mlflow-artifacts/artifacts/{path}", body, CONTENT_TYPES[name.rpartition(".")[2]]
            )
            self._transport.check(status)
            return
        bucket, _, prefix = place.lstrip("/").partition("/")
        if scheme != "s3" or bucket != self._artifact_bucket:
            logger().warning("artefact not sent", file=name, place=f"{scheme}://{bucket}")
            return
        with translated():
            self._s3.put_object(Bucket=bucket, Key=f"{prefix.strip('/')}/{name}", Body=body)


def _info(run: Mapping[str, Any]) -> Mapping[str, Any]:
    info: Mapping[str, Any] = run["info"]
    return info


def _batches(run: TrackedRun) -> Iterator[dict[str, Any]]:
    """Bodies of log-batch without the run's id, each within MLflow's limits."""
    parameters, tags = _pairs(run.parameters), _pairs(run.tags)
    for part in _chunks(parameters, MAX_PAIRS):
        yield {"params": list(part)}
    for part in _chunks(tags, MAX_PAIRS):
        yield {"tags": list(part)}
    at = _milliseconds(run.ended_at)  # points have no timestamp; a constant one makes repeats idempotent
    for metrics in _chunks(run.metrics, MAX_METRICS):
        yield {"metrics": [_metric(metric, at) for metric in metrics]}


def _chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _pairs(values: Mapping[str, str]) -> Sequence[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _metric(metric: TrackedMetric, at: int) -> dict[str, Any]:
    return {"key": metric.key, "value": metric.value, "step": metric.step, "timestamp": at}


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
