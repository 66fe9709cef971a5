"""`rft` against the emulated AWS that `rft local up` runs: each command as a user types it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rft_cli.views.run_events import TERMINAL
from tests.kit.rft_command import Rft
from tests.kit.rft_process import ROOT, left_behind, rft_process
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

UNMEASURED = ("--set", "calibration.enabled=false", "--set", "evaluation.enabled=false")
SAMPLE = ROOT / "examples" / "pandalm" / "comparisons.json"
UP = ("local", "up", "--json", "--speed", "600", "--training-seconds", "0.5")


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Any]]:
    """What `rft local up --json` prints, while it is up."""
    with rft_process(*UP) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())


@pytest.fixture
def up(running: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The same, with the environment variables that it prints."""
    settings = {
        "AWS_ENDPOINT_URL": "aws_endpoint",
        "AWS_REGION": "region",
        "AWS_DEFAULT_REGION": "region",
        "AWS_ACCESS_KEY_ID": "access_key_id",
        "AWS_SECRET_ACCESS_KEY": "secret_access_key",
        "RFT_API_URL": "api_url",
        "RFT_BUCKET": "bucket",
        "RFT_STACK": "stack",
    }
    for name, fact in settings.items():
        monkeypatch.setenv(name, running[fact])
    return running


def submit(rft: Rft, name: str, *arguments: str | Path, command: str = "submit") -> str:
    result = rft(command, "--name", name, "--task", "pandalm", "--dataset", SAMPLE, *arguments)
    assert result.status == 0, result.err
    return result.out.strip()


# ---- commands -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("up")
def test_a_run_from_submit_to_events(rft: Rft, up: dict[str, Any]) -> None:
    run_id = submit(rft, "journey", "--tag", "team=search")
    watched = rft("watch", run_id, "--interval", "0.2")
    assert watched.status == 0, watched.err
    assert re.search(r"✔ (\d+) of \1 checks", watched.out)
    assert "(simulated)" in watched.out
    shown = rft("show", run_id, "-o", "json").json
    assert shown["status"] == "COMPLETED"
    assert shown["request"]["dataset"]["uri"].startswith(f"s3://{up['bucket']}/datasets/pandalm/")
    assert f"model       {shown['model_arn']}" in rft("show", run_id).out
    listed = rft("list", "--tag", "team=search", "-o", "json").json
    assert [run["run_id"] for run in listed["runs"]] == [run_id]
    events = rft("events", run_id, "-o", "json").json
    assert events["events"] == shown["timeline"]
    assert rft("events", run_id).out.splitlines()[-1].endswith("→ COMPLETED")
    logged = [json.loads(line) for line in rft("logs", run_id, "-o", "json").out.splitlines()]
    functions = list(dict.fromkeys(line["function"] for line in logged))
    assert functions[functions.index("PrepareDataset") :][:2] == ["PrepareDataset", "SmokeTestGrader"]
    assert {"StartTraining", "CheckTraining", "GradePandalm", "RecordOutcome"} <= set(functions)
    kinds = [line.split()[2] for line in rft("logs", run_id, "--function", "StartTraining").out.splitlines()]
    assert (kinds[0], kinds[-1], kinds.count("START")) == ("START", "REPORT", kinds.count("REPORT"))
    assert "INFO" in kinds


@pytest.mark.usefixtures("up")
def test_the_same_request_with_a_key_is_one_run_and_one_upload(rft: Rft) -> None:
    first, second = (submit(rft, "keyed", "--key", "nightly", command="preflight") for _ in range(2))
    assert first == second
    assert rft("submit", "--name", "keyed", "--task", "pandalm", "--dataset", SAMPLE, "--key", "nightly").status == 1


@pytest.mark.usefixtures("up")
def test_a_request_file_with_a_local_dataset_runs_preflight(rft: Rft, tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "my data.json")
    file = tmp_path / "run.yaml"
    file.write_text("name: file\ndataset: {task: pandalm, uri: my data.json}\nsmoke_test: {sample_size: 20}\n")
    result = rft("preflight", file, "--watch", "--output", "json")
    assert result.status == 0, result.err
    assert (result.json["status"], result.json["request"]["mode"]) == ("COMPLETED", "preflight")
    assert result.json["job"] is None
    assert result.json["request"]["dataset"]["uri"].endswith("/my-data.json")
    simulated = rft("simulate", result.json["run_id"], "--steps", "12", "-o", "json")
    assert (simulated.status, simulated.json["verdict"]["outcome"]) == (0, "learns"), simulated.err
    assert simulated.json["rows"] == result.json["dataset"]["rows"]["train"]


@pytest.mark.usefixtures("up")
def test_a_run_that_fails_ends_watch_with_1_and_its_cause(rft: Rft, tmp_path: Path) -> None:
    records = json.loads(SAMPLE.read_text())
    for position in (3, 7, 11):
        del records[position]["instruction"]
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(records))
    result = rft("submit", "--name", "bad", "--task", "pandalm", "--dataset", bad, "--watch")
    assert result.status == 1
    assert all(f"record {position + 1}: " in result.out for position in (3, 7, 11))
    assert "failure     DatasetInvalid in PREPARING\n" in result.out


@pytest.mark.usefixtures("up")
def test_a_run_waits_for_approval_and_continues(rft: Rft) -> None:
    run_id = submit(rft, "asked", "--set", "require_approval=true", *UNMEASURED)
    _reach(rft, run_id, "AWAITING_APPROVAL")
    assert f"rft approve {run_id}" in rft("show", run_id).out
    assert rft("approve", run_id, "--by", "Ada", "--comment", "go").status == 0
    assert rft("watch", run_id, "--interval", "0.2").status == 0
    again = rft("approve", run_id, "--by", "Eve", "--reject")
    assert (again.status, again.out) == (1, "")
    assert again.err.startswith("rft: HTTP 409 ")


@pytest.mark.usefixtures("up")
def test_a_run_is_rejected_or_cancelled(rft: Rft) -> None:
    rejected, cancelled = (
        submit(rft, name, "--set", "require_approval=true", *UNMEASURED) for name in ("turned-down", "stopped")
    )
    _reach(rft, rejected, "AWAITING_APPROVAL")
    assert rft("approve", rejected, "--reject", "--by", "Ada").status == 0
    eventually(lambda: _cancels(rft, cancelled), "the cancelling")
    for run_id, status in ((rejected, "REJECTED"), (cancelled, "CANCELLED")):
        assert rft("watch", run_id, "--interval", "0.2").status == 1
        assert rft("show", run_id, "-o", "json").json["status"] == status


def _cancels(rft: Rft, run_id: str) -> bool:
    result = rft("cancel", run_id)
    assert result.status == 0 or "HTTP 503" in result.err, result.err  # which asks for a retry
    return bool(result.status == 0)


def _reach(rft: Rft, run_id: str, status: str) -> None:
    def there() -> bool:
        now = rft("show", run_id, "-o", "json").json["status"]
        assert now == status or now not in TERMINAL, f"{run_id} is {now}"
        return bool(now == status)

    eventually(there, f"{run_id} to be {status}")


@pytest.mark.usefixtures("up")
def test_a_stack_on_the_emulator_names_its_api_and_bucket(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RFT_API_URL", "RFT_BUCKET"):
        monkeypatch.delenv(name)
    submit(rft, "by-stack", "--stack", "rft", command="preflight")


# ---- without rft --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_curl_starts_a_run(rft: Rft, up: dict[str, Any]) -> None:
    uri = rft("preflight", "--name", "first", "--task", "pandalm", "--dataset", SAMPLE, "-w", "-o", "json").json[
        "request"
    ]["dataset"]["uri"]
    body = {"name": "from-curl", "mode": "preflight", "dataset": {"task": "pandalm", "uri": uri}}
    answer = json.loads(_curl(up, "/runs", "--header", "Content-Type: application/json", "--data", json.dumps(body)))
    assert rft("watch", answer["run_id"], "--interval", "0.2").status == 0
    assert json.loads(_curl(up, answer["links"]["self"]))["status"] == "COMPLETED"


def _curl(up: dict[str, Any], path: str, *arguments: str) -> str:
    """As docs/cli.md has it."""
    command = ["curl", "--silent", "--fail-with-body", f"{up['api_url']}{path}"]
    signed = ["--aws-sigv4", f"aws:amz:{up['region']}:execute-api"]
    user = ["--user", f"{up['access_key_id']}:{up['secret_access_key']}"]
    done = subprocess.run([*command, *signed, *user, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_upload_starts_a_run(rft: Rft, up: dict[str, Any]) -> None:
    s3 = boto3.Session().client("s3")  # boto3's default session may hold the credentials of an earlier test
    s3.upload_file(str(SAMPLE), up["bucket"], "uploads/pandalm/from-upload/comparisons.json")
    runs = eventually(lambda: rft("list", "--name", "from-upload", "-o", "json").json["runs"], "a run")
    run_id = runs[0]["run_id"]
    assert rft("watch", run_id, "--interval", "0.2").status == 0
    exported = rft("export", run_id, "--format", "bedrock", "-o", "json").json
    s3.head_object(Bucket=up["bucket"], Key=exported["trainingDataConfig"]["s3Uri"].partition(up["bucket"] + "/")[2])


# ---- up and down --------------------------------------------------------------------------------------------------


def test_startup_prints_addresses_credentials_and_graders(running: dict[str, Any]) -> None:
    assert set(running) == {
        "aws_endpoint",
        "api_url",
        "region",
        "bucket",
        "stack",
        "state_machine_arn",
        "graders",
        "access_key_id",
        "secret_access_key",
    }
    assert running["graders"]["pandalm"].startswith("arn:aws:lambda:")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_exits_cleanly_and_leaves_no_process(end: signal.Signals) -> None:
    with rft_process("local", "up") as process:
        assert process.stdout is not None
        shown = iter(process.stdout.readline, "")
        assert any("RFT_STACK" in line for line in shown)  # the last line when it is up
        process.send_signal(end)
        out, err = process.communicate()
        assert (process.returncode, err) == (0, "")
        assert out == "Emulated AWS stopped.\n"
        assert left_behind(process) == []


def test_ctrl_c_while_it_starts_ends_it_at_once_with_130(free_port: int) -> None:
    with rft_process("local", "up", "--port", str(free_port)) as process:
        eventually(lambda: _listens(free_port), "the first open port")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        assert (process.returncode, out, err) == (130, "", "rft: interrupted\n")
        assert left_behind(process) == []


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_sighup_updates_the_stack_while_it_runs() -> None:
    with rft_process(*UP) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.stderr.readline() == "Stack updated.\n"
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 0


def test_a_port_in_use_is_a_one_line_error(rft: Rft) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = rft("local", "up", "--port", str(port))
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith(f"rft: Port {port} cannot be used (")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("parameter", ["nonsense", "NoSuchParameter=1"])
def test_an_invalid_parameter_is_a_one_line_error(rft: Rft, parameter: str) -> None:
    result = rft("local", "up", "--parameter", parameter)
    assert (result.status, result.out) == (1, "")
    assert parameter.partition("=")[0] in result.err
    assert result.err.count("\n") == 1
