"""Response bodies of the API, built with its contracts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rft.contracts.dataset import Recommendation, TokenStatistics
from rft.contracts.http.api import Link, RunLine, RunView, addresses
from rft.contracts.job import JobStatus, Phases, PhaseStatus
from rft.contracts.ledger import DatasetSummary, Failure, JobSummary, RunEvent, RunStatus
from rft.contracts.smoke_test import SmokeTestSummary
from tests.kit.records import ADA, RUN_ID, path_to, run_record

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-2-lite-v1:0:256k/emulated1a2b"
OUTPUT = f"s3://data-bucket/runs/{RUN_ID}/output/"

DATASET = DatasetSummary(
    manifest_uri=f"s3://data-bucket/runs/{RUN_ID}/dataset/manifest.json",
    digest="sha256:00",
    rows={"train": 160, "validation": 20, "test": 20},
    groups={"train": 60, "validation": 8, "test": 8},
    labels={"Tie": 30, "Response 1": 170},
    tokens=TokenStatistics(encoding="cl100k_base", min=10, max=90, mean=40.4, p50=40, p95=80, p99=88, total=8000),
    warnings={"answer_not_text": 1},
    bad_records=2,
)
HYPERPARAMETERS = {"epochCount": Recommendation(value=2, source="request", reason="as asked")}
SMOKE_TEST = SmokeTestSummary.model_validate(
    {
        "trusted": True,
        "reasons": [],
        "checks": [
            {"name": "contract", "result": "pass", "detail": "all [40] answers got a score"},
            {"name": "batch_independence", "result": "warn", "detail": "8 answers change by 0.1"},
        ],
        "mean_right": 0.9,
        "mean_wrong": 0.1,
        "report_uri": f"s3://data-bucket/runs/{RUN_ID}/smoke_test.json",
    }
)
JOB = JobSummary(
    arn="arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-2-lite-v1:0:256k/0123456789ab",
    status=JobStatus.IN_PROGRESS,
    phases=Phases(validation=PhaseStatus.COMPLETED, data_processing=PhaseStatus.IN_PROGRESS),
    hours=1.26,
)


def view(status: RunStatus, request: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """Return `GET /runs/{run_id}` of a run that took the shortest path to `status`, with one second per stage.

    It has the results of its stages; `parts` overrides fields.
    """
    stages = [RunStatus.PENDING, *path_to(status)]
    if status in (RunStatus.COMPLETED, RunStatus.FAILED):
        stages = [RunStatus.PENDING, *path_to(RunStatus.TRAINING), status]
    links: dict[Link, str] = addresses(RUN_ID)
    found: dict[str, Any] = {}
    if RunStatus.SMOKE_TESTING in stages:
        found |= {"dataset": DATASET, "hyperparameters": HYPERPARAMETERS}
        links["manifest"] = DATASET.manifest_uri
    if RunStatus.STARTING in stages or RunStatus.AWAITING_APPROVAL in stages:
        found["smoke_test"] = SMOKE_TEST
    if RunStatus.TRAINING in stages:
        found["job"] = JOB
        links["output"] = OUTPUT
    if status == RunStatus.COMPLETED:
        found["model_arn"] = MODEL
    if status == RunStatus.FAILED:
        found["failure"] = Failure(stage=RunStatus.TRAINING, error="JobFailed", cause="first line\n  second line")
    record = run_record(**(request or {})).model_copy(
        update={"status": status, "updated_at": START + timedelta(seconds=len(stages) - 1), **found}
    )
    timeline = [
        RunEvent(at=START + timedelta(seconds=i), before=stages[i - 1] if i else None, after=stage)
        for i, stage in enumerate(stages)
    ]
    whole = RunView.model_validate({**dict(record), "timeline": timeline, "links": links})
    return {**whole.model_dump(mode="json"), **parts}


def line(number: int, *, status: RunStatus = RunStatus.COMPLETED, **tags: str) -> dict[str, Any]:
    """Return one run of `GET /runs`."""
    run_id = f"run-20261120t120000-{number:08x}"
    listed = RunLine(
        run_id=run_id,
        name="run",
        task="pandalm",
        status=status,
        tags=tags,
        requested_by=ADA,
        created_at=START,
        updated_at=START,
        reward=None,
        model_arn=None,
        links=addresses(run_id),
    )
    return listed.model_dump(mode="json")
