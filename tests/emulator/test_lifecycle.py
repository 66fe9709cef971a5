"""Start and shutdown: rejected starts, and no leftover processes, threads or ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from emulator import Emulator, EmulatorOptions
from tests.kit.project import SMALL_STACK
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator
ROOT = Path(__file__).parents[2]
OPTIONS = EmulatorOptions(template=SMALL_STACK, stack_name="small", speed=600)


def test_close_ends_all_threads_and_processes_even_when_busy() -> None:
    before = set(threading.enumerate())
    with Emulator.start(OPTIONS) as aws:
        pid = json.loads(aws.invoke("Probe", b'{"do": "sleep", "seconds": 0}'))["pid"]
        aws.client("stepfunctions").start_execution(
            stateMachineArn=aws.state_machine_arn, input=json.dumps({"payload": {"do": "sleep", "seconds": 60}})
        )
        aws.client("lambda").invoke(
            FunctionName="Probe", InvocationType="Event", Payload=b'{"do":"sleep","seconds":60}'
        )
        began = time.monotonic()
    assert time.monotonic() - began < 5
    eventually(lambda: not set(threading.enumerate()) - before)
    assert not alive(pid)


def test_a_second_emulator_is_refused_and_a_later_one_starts_empty() -> None:
    with Emulator.start(OPTIONS) as first:
        with pytest.raises(RuntimeError, match="already running in this process"):
            Emulator.start(OPTIONS)
        first.client("s3").create_bucket(Bucket="left-over")
    with Emulator.start(OPTIONS) as second:
        buckets = {bucket["Name"] for bucket in second.client("s3").list_buckets()["Buckets"]}
        assert "left-over" not in buckets


def test_parameters_override_the_templates() -> None:
    with Emulator.start(replace(OPTIONS, parameters={"Greeting": "moin"})) as aws:
        environ = json.loads(aws.invoke("Probe", b'{"do": "environ"}'))["environ"]
        assert environ["GREETING"] == "other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": {"Typo": "x"}}, r"\[Typo\] do not exist in the template"),
        ({"template": ROOT / "nowhere.yaml"}, "nowhere.yaml"),
    ],
)
def test_a_failed_deployment_names_its_cause_and_leaves_nothing(change: dict[str, object], message: str) -> None:
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match=message):
        Emulator.start(replace(OPTIONS, **change))  # type: ignore[arg-type]
    eventually(lambda: not set(threading.enumerate()) - before)
    Emulator.start(OPTIONS).close()


SCRIPT = f"""
import json, sys
from pathlib import Path
from emulator import Emulator, EmulatorOptions
with Emulator.start(EmulatorOptions(template=Path({str(SMALL_STACK)!r}))) as aws:
    print(json.loads(aws.invoke("Probe", b'{{"do": "sleep", "seconds": 0}}'))["pid"], flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_emulators_process(end: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers" / "rft")])}
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout
        worker = int(process.stdout.readline())
        assert alive(worker)
        process.send_signal(end)
        eventually(lambda: not alive(worker))
        assert process.wait(timeout=60) != 0


def alive(pid: int) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except ProcessLookupError:
        return False
