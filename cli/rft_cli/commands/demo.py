"""The main job on a laptop: emulated AWS up, dataset in, one run followed to its end, everything down again."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from emulator import EmulatorOptions
from rft_cli.client.control_plane import ControlPlane
from rft_cli.client.request import Request, checked
from rft_cli.client.upload import LocalDataset, local_dataset
from rft_cli.commands.follow import follow
from rft_cli.commands.local import started
from rft_cli.graders.deployed_grader import allowed, deploy_grader, deployed_arn
from rft_cli.graders.grader_package import package_grader
from rft_cli.views.printing import Output, console_for, note, print_json, say
from rft_cli.views.rewards import View
from rft_cli.views.simulation_report import verdict_line
from rft_cli.views.summary import SIMULATED, outcome_line, summary_lines

KEPT = Path("build") / "demo"
INTERVAL = 0.5
OWN = "own-grader"
"""Name of the function that a grader's file becomes."""


def demo(*, dataset: Path, task: str, name: str, grader: str | None, output: Output, sample: bool = False) -> int:
    """Run the demo and return its exit status, 0 only if the run completed. Raises ApiError, CommandError, OSError."""
    local = local_dataset(dataset, task)
    own = Path(grader) if grader and grader.endswith(".py") else None
    if own:
        package_grader(own)  # what is wrong with it is said before anything starts
    request = checked(
        _request(name, task, deployed_arn(OWN) if own else grader, local.uri("data-bucket"), sample=sample)
    )
    console, begun = console_for(output), time.monotonic()
    say(console, _INTRODUCTION)
    with console.status("starting the emulated AWS and deploying template.yaml …"):
        emulator = started(EmulatorOptions(parameters=allowed({}, {OWN: own} if own else {})))
    with emulator as aws:
        say(console, [f"          AWS       {aws.endpoint} ({time.monotonic() - begun:.1f} s to deploy)"])
        plane = ControlPlane(aws.api_url, aws.region, aws.credentials)
        if own:
            say(console, [f"          grader    {escape(str(own))} → {deploy_grader(aws, OWN, own)}"])
        run_id = _start(aws, plane, local, request, console)
        view = follow(plane, run_id, console, interval=INTERVAL)
        files = _keep_files(aws.client("s3"), aws.bucket, run_id)
        if own:
            _keep_log(files, aws.logs(OWN))
    _tell(console, output, view, files=files, seconds=time.monotonic() - begun)
    return 0 if view["status"] == "COMPLETED" else 1


_INTRODUCTION = (
    "[bold]Reinforcement fine-tuning on an emulated AWS[/]: no account, no cost.",
    "[yellow]Simulated:[/] Bedrock, its training and the judge model. Real: template, state machine, functions.",
    "",
)


SAMPLE_SPLIT = {"train": 0.55, "validation": 0.1, "test": 0.35}
"""Of the small samples that come with the project: enough test rows for a verdict, and the 100 that training needs."""


def _request(name: str, task: str, grader: str | None, uri: str, *, sample: bool) -> Request:
    chosen = {"grader": {"lambda_arn" if grader.startswith("arn:") else "name": grader}} if grader else {}
    split = {"split": SAMPLE_SPLIT} if sample else {}
    return {"name": name, "dataset": {"task": task, "uri": uri, **split}, **chosen}


def _start(aws: Any, plane: ControlPlane, local: LocalDataset, request: Request, console: Console) -> str:
    uri = local.uri(aws.bucket)
    local.upload(aws.client("s3"), aws.bucket)
    say(console, [f"          dataset   {uri} ({local.size:,} bytes)"])
    run_id: str = plane.start_run({**request, "dataset": {**request["dataset"], "uri": uri}})["run_id"]
    say(console, [f"          POST /runs → [bold]{run_id}[/]"])
    return run_id


def _keep_files(s3: Any, bucket: str, run_id: str) -> Path:
    """Copy what the run wrote to a local folder, as the emulated bucket ends with the demo."""
    folder = KEPT / run_id
    prefix = f"runs/{run_id}/"
    for key in _keys_under(s3, bucket, prefix):
        path = folder / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(path))
    return folder


def _keep_log(folder: Path, lines: Sequence[str]) -> None:
    """What the user's own grader printed, as CloudWatch would have it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grader.log").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _keys_under(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def _tell(console: Console, output: Output, view: View, *, files: Path, seconds: float) -> None:
    more = [f"[bold]{'files':<12}[/]{escape(str(files))}/"] if files.is_dir() else []
    say(console, ["", *summary_lines(view), *_verdict(files), *more, f"[bold]{'time':<12}[/]{seconds:.0f} s"])
    if output == Output.JSON:
        print_json({"run": view, "files": str(files), "seconds": round(seconds, 1)})
    if view["status"] != "COMPLETED":
        note(f"[red]rft:[/] {outcome_line(view)}")


def _verdict(files: Path) -> list[str]:
    """What the simulated training says of the grader, where there was one."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in files.rglob("simulated_policy.json")]
    return [f"[bold]{'grader':<12}[/]{SIMULATED} {verdict_line(report['verdict'])}" for report in reports]
