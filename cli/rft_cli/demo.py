"""The main job on a laptop: emulated AWS up, dataset in, one run followed to its end, everything down again."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from emulator import Emulator, EmulatorOptions
from rft_cli.control_plane import ControlPlane
from rft_cli.follow import Rewards, StepReward, follow

SAMPLE = Path(__file__).parents[2] / "examples" / "pandalm" / "comparisons.json"
KEPT = Path("build") / "demo"


def demo(dataset: Path, task: str, console: Console) -> int:
    """Run the demo; 0 only if the run completed. Raises ApiError, OSError (the dataset cannot be read)."""
    body = dataset.read_bytes()
    say = partial(console.print, highlight=False, soft_wrap=True)
    say("[bold]Reinforcement fine-tuning on an emulated AWS[/]: no account, no cost.")
    say("[yellow]Simulated:[/] Bedrock, its training and the judge model. Real: template, state machine, functions.\n")
    started = time.monotonic()
    with console.status("starting the emulated AWS and deploying template.yaml …"):
        emulator = Emulator.start(EmulatorOptions())
    with emulator as aws:
        say(f"          AWS       {aws.endpoint} ({time.monotonic() - started:.1f} s to deploy)")
        uri = _upload(aws, dataset.name, task, body)
        say(f"          dataset   {uri} ({len(body):,} bytes)")
        plane = ControlPlane(aws.api_url, aws.region, aws.credentials)
        run_id = plane.start_run({"name": "demo", "dataset": {"task": task, "uri": uri}})["run_id"]
        say(f"          POST /runs → [bold]{run_id}[/]")
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
    console.print()
    for name, value in _summary(view, rewards):
        console.print(f"[bold]{name:<12}[/]{value}", highlight=False, soft_wrap=True)
    console.print(f"[bold]{'files':<12}[/]{files}/", highlight=False, soft_wrap=True)
    console.print(f"[bold]{'time':<12}[/]{seconds:.0f} s", highlight=False)


def _summary(view: dict[str, Any], rewards: Rewards) -> Iterator[tuple[str, str]]:
    yield "run", f"{view['run_id']}  {view['status']}"
    if view["dataset"]:
        yield "splits", " · ".join(f"{split} {rows}" for split, rows in view["dataset"]["rows"].items())
    if view["smoke_test"]:
        yield "smoke test", escape(_smoke_test_line(view["smoke_test"]))
    if rewards.points:
        first, last = rewards.points[0].training, rewards.points[-1].training
        yield "reward", f"{first:.3f} → {last:.3f} in {len(rewards.points)} steps [yellow](simulated)[/]"
    if view["model_arn"]:
        yield "model", f"{view['model_arn']} [yellow](simulated)[/]"
    if view["failure"]:
        yield "failure", escape(f"{view['failure']['error']} in {view['failure']['stage']}: {view['failure']['cause']}")


def _smoke_test_line(report: dict[str, Any]) -> str:
    if not report["trusted"]:
        return "grader not trusted: " + "; ".join(report["reasons"])
    passed = sum(check["verdict"] == "pass" for check in report["checks"])
    return f"grader trusted, {passed} of {len(report['checks'])} checks passed"
