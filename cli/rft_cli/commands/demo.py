"""`rft demo`: starts the emulated AWS, runs one dataset to the end, and stops everything."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from emulator import EmulatorOptions
from rft_cli.commands.follow import follow_run
from rft_cli.commands.local import start_emulator
from rft_cli.commands.watch import PIPE_CLOSED
from rft_cli.graders.deployed_grader import deploy_grader, with_invoke_rights
from rft_cli.graders.grader_arns import OWN_GRADER
from rft_cli.views.lines import SIMULATED, summary_field
from rft_cli.views.printing import Output, print_json, print_lines
from rft_cli.views.rewards import View
from rft_cli.views.simulation_report import verdict_line
from rft_cli.views.summary import result_lines
from rft_client.api_client import ApiClient
from rft_client.request import Request
from rft_client.upload import LocalDataset

FILES = Path("build") / "demo"
INTERVAL_SECONDS = 0.5


def run_demo(
    local: LocalDataset,
    request: Request,
    *,
    own_grader: Path | None,
    console: Console,
    output: Output,
    verbose: bool,
) -> int:
    """Run the demo and return its exit status, 0 only if the run completed. Raises ApiError, CommandError, OSError."""
    files = {OWN_GRADER: own_grader} if own_grader else {}
    begun, options = time.monotonic(), EmulatorOptions(parameters=with_invoke_rights({}, files))
    try:
        with console.status("deploying template.yaml on the emulated AWS …"):
            emulator = start_emulator(options)
        with emulator as aws:
            seconds = time.monotonic() - begun
            if own_grader:
                deploy_grader(aws, OWN_GRADER, own_grader)
            client = ApiClient.signed(aws.api_url, aws.region, aws.credentials)
            run_id = _start(aws, client, local, request)
            about = f"{escape(local.path.name)} · stack deployed in {seconds:.0f} s"
            print_lines(console, [f"[bold]{run_id}[/] · {about}"])
            view: View = follow_run(
                client, run_id, console, interval=INTERVAL_SECONDS, verbose=verbose, max_steps=options.max_steps
            )
            folder = _download_files(aws.client("s3"), aws.bucket, run_id)
            if own_grader:
                _save_log(folder, aws.logs(OWN_GRADER))
            view = _with_local_files(view, f"s3://{aws.bucket}/runs/{run_id}", folder)
        _print_result(console, output, view, files=folder, seconds=time.monotonic() - begun)
    except BrokenPipeError:
        return PIPE_CLOSED
    return 0 if view["status"] == "COMPLETED" else 1


def _start(aws: Any, client: ApiClient, local: LocalDataset, request: Request) -> str:
    uri = local.uri(aws.bucket)
    local.upload(aws.client("s3"), aws.bucket)
    run_id: str = client.start_run({**request, "dataset": {**request["dataset"], "uri": uri}})["run_id"]
    return run_id


def _download_files(s3: Any, bucket: str, run_id: str) -> Path:
    """Copies the run's files to a local folder, because the emulated bucket is deleted with the demo."""
    folder = FILES / run_id
    prefix = f"runs/{run_id}/"
    for key in _keys_under(s3, bucket, prefix):
        path = folder / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(path))
    return folder


def _save_log(folder: Path, lines: Sequence[str]) -> None:
    """Saves the output of the user's grader, as in CloudWatch Logs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grader.log").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _keys_under(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def _with_local_files(view: View, address: str, files: Path) -> View:
    """Replaces URIs of the deleted bucket in the failure by local paths."""
    failure = view["failure"]
    if not failure:
        return view
    return {**view, "failure": {**failure, "cause": failure["cause"].replace(address, str(files))}}


def _print_result(console: Console, output: Output, view: View, *, files: Path, seconds: float) -> None:
    local = [summary_field("files", f"{escape(str(files))}/")] if files.is_dir() else []
    print_lines(console, ["", *result_lines(view), *_verdict(files), *local])
    if output == Output.JSON:
        print_json({"run": view, "files": str(files), "seconds": round(seconds, 1)})


def _verdict(files: Path) -> list[str]:
    """The simulated training's assessment of the grader; empty without one."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in files.rglob("simulated_policy.json")]
    return [summary_field("grader", f"{verdict_line(report['verdict'])} {SIMULATED}") for report in reports]
