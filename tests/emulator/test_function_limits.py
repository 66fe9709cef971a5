"""Lambda's limits: disk, memory, init and timeout of a process, and reserved concurrency of a function."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.functions import worker
from emulator.functions.concurrency import MAX_EVENT_AGE, throttled_pauses
from emulator.functions.report import ResourceUsage, resource_usage
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


def invoke(aws: Emulator, event: object, name: str = "Probe") -> tuple[Any, str | None]:
    reply = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(reply["Payload"].read()), reply.get("FunctionError")


# ---- disk ---------------------------------------------------------------------------------------------------------


def test_the_temporary_folder_is_writable_and_private_to_a_process(aws: Emulator) -> None:
    assert invoke(aws, {"do": "write", "size": 5}) == (5, None)
    before = invoke(aws, {"do": "environ"})[0]["environ"]["TMPDIR"]
    invoke(aws, {"do": "exit"})
    assert invoke(aws, {"do": "environ"})[0]["environ"]["TMPDIR"] != before
    assert eventually(lambda: not Path(before).exists())


@pytest.mark.parametrize("path", ["{task}/new.txt", "{task}/app.py", "/var/tmp/outside.txt", "{home}/new.txt"])
def test_all_other_folders_are_read_only(aws: Emulator, path: str) -> None:
    task = invoke(aws, {"do": "environ"})[0]["cwd"]
    named = path.format(task=task, home=Path.home())
    answer, error = invoke(aws, {"do": "write", "path": named})
    assert (error, answer["errorType"]) == ("Unhandled", "OSError")
    assert f"Read-only file system: '{named}'" in answer["errorMessage"]


def test_a_file_cannot_exceed_the_temporary_folders_size(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.functions.spec.MEGABYTE", 1)
    invoke(aws, {"do": "exit"})
    answer, error = invoke(aws, {"do": "write", "size": 513})
    invoke(aws, {"do": "exit"})
    assert (error, answer["errorType"]) == ("Unhandled", "OSError")


# ---- memory -------------------------------------------------------------------------------------------------------


def test_exceeding_the_memory_size_ends_the_process(aws: Emulator) -> None:
    answer, error = invoke(aws, {"do": "hold", "megabytes": 150})
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert answer["errorMessage"].endswith("signal: killed")
    assert invoke(aws, {"do": "hold", "megabytes": 20}) == (20 << 20, None)


# ---- init ---------------------------------------------------------------------------------------------------------

SLOW_ONCE = """
import os, pathlib, time
mark = pathlib.Path(os.environ["TMPDIR"], "mark")
if not mark.exists():
    mark.touch()
    time.sleep(60)
def handler(event, context):
    return context.get_remaining_time_in_millis()
"""
SLOW = "import time\ntime.sleep(60)\ndef handler(event, context):\n    return 1\n"


@pytest.fixture
def _short_init(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "INIT_SECONDS", 1.0)


@pytest.mark.usefixtures("_short_init")
def test_a_slow_init_is_repeated_within_the_invocation(aws: Emulator, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SLOW_ONCE)
    arn = aws.add_function("slow-once", tmp_path, timeout=30)
    remaining, error = invoke(aws, {}, arn)
    assert error is None
    assert 0 < remaining < 30_000, "init took its share of the time"
    lines = aws.logs("slow-once")
    assert [line.split()[0] for line in lines] == ["INIT_REPORT", "START", "END", "REPORT"]
    assert "Init Duration" not in lines[-1]


@pytest.mark.usefixtures("_short_init")
def test_a_repeated_slow_init_counts_towards_the_timeout(aws: Emulator, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SLOW)
    arn = aws.add_function("slow-always", tmp_path, timeout=1)
    answer, error = invoke(aws, {}, arn)
    assert (error, answer["errorType"]) == ("Unhandled", "Sandbox.Timedout")


# ---- time ---------------------------------------------------------------------------------------------------------


def test_time_waiting_for_a_cpu_does_not_count_towards_the_timeout(
    aws: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    nap = {"do": "sleep", "seconds": 2.5}
    assert invoke(aws, nap)[0]["errorType"] == "Sandbox.Timedout", "the function has 2 seconds"

    def half_busy(pid: int) -> ResourceUsage:
        used = resource_usage(pid)
        return ResourceUsage(used.at, used.processor, delayed=used.at / 2)

    monkeypatch.setattr(worker, "resource_usage", half_busy)
    assert invoke(aws, nap)[1] is None


# ---- concurrency --------------------------------------------------------------------------------------------------


def test_an_invocation_beyond_the_reserved_concurrency_is_refused(aws: Emulator) -> None:
    running = threading.Thread(target=invoke, args=(aws, {"do": "sleep", "seconds": 3}, "Narrow"))
    running.start()
    refused = eventually(lambda: refusal(aws))
    running.join()
    assert refused["Error"]["Code"] == "TooManyRequestsException"
    assert refused["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert invoke(aws, {"do": "echo"}, "Narrow")[1] is None


def refusal(aws: Emulator) -> Any:
    """Invoke and return the throttling error; None if the invocation is accepted."""
    client = aws.client("lambda")
    try:
        client.invoke(FunctionName="Narrow", Payload=b'{"do": "echo"}')
    except ClientError as error:
        return error.response
    return None


def test_an_asynchronous_invocation_waits_for_free_concurrency(aws: Emulator) -> None:
    running = threading.Thread(target=invoke, args=(aws, {"do": "sleep", "seconds": 1}, "Narrow"))
    running.start()
    for _ in range(3):
        aws.client("lambda").invoke(FunctionName="Narrow", InvocationType="Event", Payload=b'{"do": "echo"}')
    running.join()
    assert eventually(lambda: aws.logs("Narrow").count("echoing") >= 3)


def test_a_throttled_event_is_discarded_after_six_hours() -> None:
    pauses = list(throttled_pauses())
    assert (pauses[0], max(pauses)) == (1.0, 300.0)
    assert MAX_EVENT_AGE <= sum(pauses) < MAX_EVENT_AGE + 300
