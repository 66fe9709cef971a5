"""The main job on a laptop: emulated AWS up, dataset in, one run followed to its end, everything down again."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from emulator import Emulator, EmulatorOptions
from rft_cli.control_plane import ControlPlane
from rft_cli.follow import Rewards, StepReward, follow, sparkline

SAMPLE = Path(__file__).parents[2] / "examples" / "pandalm" / "comparisons.json"
KEPT = Path("build") / "demo"


def demo(dataset: Path, task: str, console: Console) -> int:
    """Run the demo; 0 only if the run completed. Raises ApiError, OSError (the dataset cannot be read)."""
    body = dataset.read_bytes()
    console.print("[bold]Reinforcement fine-tuning on an emulated AWS[/] — no account, no cost.", highlight=False)
    console.print(
        "[yellow]Simulated:[/] Bedrock, its training and the judge model. Real: template, state machine, functions.\n",
        highlight=False,
    )
    started = time.monotonic()
    with console.status("starting the emulated AWS and deploying template.yaml …"):
        emulator = Emulator.start(EmulatorOptions())
    with emulator as aws:
        console.print(
            f"          AWS       {aws.endpoint} ({time.monotonic() - started:.1f} s to deploy)", highlight=False
        )
        uri = _upload(aws, dataset.name, task, body)
        console.print(f"          dataset   {uri} ({len(body):,} bytes)", highlight=False)
        plane = ControlPlane(aws.api_url, aws.region, aws.credentials)
        run_id = plane.start_run({"name": "demo", "dataset": {"task": task, "uri": uri}})["run_id"]
        console.print(f"          POST /runs → [bold]{run_id}[/]", highlight=False)
        s3 = aws.client("s3")
        view = follow(plane, run_id, console, lambda view: _rewards(s3, aws.bucket, view))
        files = _keep_files(s3, aws.bucket, run_id)
        _summarise(console, view, _rewards(s3, aws.bucket, view), files, time.monotonic() - started)
    return 0 if view["status"] == "COMPLETED" else 1


def _upload(aws: Any, filename: str, task: str, body: bytes) -> str:
    # Not under uploads/: a file that lands there starts a run by itself.
    key = f"datasets/{task}/{filename}"
    aws.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=body)
    return f"s3://{aws.bucket}/{key}"


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def _rewards(s3: Any, bucket: str, view: dict[str, Any]) -> Rewards:
    """Mean rewards by step, from the metrics files that the emulated Bedrock writes to the run's output prefix."""
    keys = [key for key in _keys(s3, bucket, f"runs/{view['run_id']}/output/") if key.endswith("_metrics.csv")]
    tables = {key.rsplit("/", 1)[1]: _table(s3, bucket, key) for key in keys}
    validation = {row["step_number"]: float(row["reward_mean"]) for row in tables.get("validation_metrics.csv", [])}
    points = [
        StepReward(int(row["step_number"]), float(row["reward_mean"]), validation.get(row["step_number"]))
        for row in tables.get("step_wise_training_metrics.csv", [])
    ]
    return Rewards(points, steps=None)


def _table(s3: Any, bucket: str, key: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())))


def _keep_files(s3: Any, bucket: str, run_id: str) -> Path:
    """Copy what the run wrote to a local folder, as the emulated bucket ends with the demo."""
    folder = KEPT / run_id
    prefix = f"runs/{run_id}/"
    for key in _keys(s3, bucket, prefix):
        path = folder / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(path))
    return folder


def _summarise(console: Console, view: dict[str, Any], rewards: Rewards, files: Path, seconds: float) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("run", f"{view['run_id']}  [bold]{view['status']}[/]")
    if view["dataset"]:
        table.add_row("splits", " · ".join(f"{split} {rows}" for split, rows in view["dataset"]["rows"].items()))
    if view["smoke_test"]:
        table.add_row("smoke test", _smoke_test_line(view["smoke_test"]))
    if rewards.points:
        first, last = rewards.points[0].training, rewards.points[-1].training
        curve = sparkline([point.training for point in rewards.points])
        table.add_row("reward", f"{first:.3f} → {last:.3f} in {len(rewards.points)} steps  {curve}  (simulated)")
    if view["model_arn"]:
        table.add_row("model", f"{view['model_arn']}  (simulated)")
    if view["failure"]:
        table.add_row(
            "failure", f"{view['failure']['error']} in {view['failure']['stage']}: {view['failure']['cause']}"
        )
    table.add_row("files", f"{files}/")
    table.add_row("time", f"{seconds:.0f} s")
    console.print()
    console.print(table, highlight=False, soft_wrap=True)


def _smoke_test_line(report: dict[str, Any]) -> str:
    if not report["trusted"]:
        return "grader not trusted: " + "; ".join(report["reasons"])
    passed = sum(check["verdict"] == "pass" for check in report["checks"])
    return f"grader trusted, {passed} of {len(report['checks'])} checks passed"
