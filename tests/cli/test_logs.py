"""`rft logs`: a run's lines, out of those of all runs."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from rft.contracts.ledger import RunStatus
from rft_cli.commands.logs import run_logs
from rft_cli.views.log_lines import log_line
from rft_cli.views.printing import print_lines
from rft_client.api_client import ApiClient
from rft_client.errors import ApiError, RftClientError
from rft_client.function_logs import FunctionLogs, LogLine
from tests.kit.fakes.api import CREDENTIALS, REGION, FakeApi, fake_api
from tests.kit.fakes.cloudwatch import FakeCloudWatch
from tests.kit.records import RUN_ID
from tests.kit.rft_command import Rft
from tests.kit.views import START, view

PREPARE, GRADE = "/aws/lambda/rft/PrepareDataset", "/aws/lambda/rft/GradeGsm8k"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def structured(message: str, run_id: str = RUN_ID, level: str = "INFO", **members: Any) -> str:
    return json.dumps({"level": level, "message": message, "run_id": run_id, "service": "rft", **members})


def invocation(cloud: FakeCloudWatch, group: str, stream: str, second: float, *messages: str) -> None:
    """One invocation's events, a millisecond from each other, in LogFormat JSON."""
    start = json.dumps({"type": "platform.start", "record": {"requestId": f"r{second}", "version": "3"}})
    figures = {"durationMs": 12.5, "maxMemoryUsedMB": 80}
    report = json.dumps({"type": "platform.report", "record": {"status": "success", "metrics": figures}})
    for number, message in enumerate((start, *messages, report)):
        cloud.log(group, stream, at(second + number / 1000), message)


@pytest.fixture
def cloud() -> FakeCloudWatch:
    """Two functions; one process of the grader serves this run, another run and this one again."""
    made = FakeCloudWatch()
    invocation(made, GRADE, "b", 5, "a print of this run", structured("graded"))
    invocation(made, GRADE, "b", 6, structured("graded", "another-run"), "a print of another run")
    invocation(made, GRADE, "b", 7, structured("graded again"))
    invocation(made, PREPARE, "a", 1, structured("dataset prepared", rows=100))
    made.log("/aws/lambda/rft-two/PrepareDataset", "z", at(1), structured("another stack"))
    return made


def shown(lines: list[LogLine]) -> list[str]:
    """As on a pipe."""
    stream = io.StringIO()
    print_lines(Console(file=stream, width=80), (log_line(line.at, line.function, line.message) for line in lines))
    return stream.getvalue().splitlines()


def found(api: FakeApi, cloud: FakeCloudWatch, **options: Any) -> list[list[LogLine]]:
    client = ApiClient.signed(api.url, REGION, CREDENTIALS)
    return list(run_logs(client, FunctionLogs(cloud, "rft"), RUN_ID, now=lambda: at(60), **options))


def test_lines_of_a_run_come_in_order_with_the_whole_of_their_invocations(cloud: FakeCloudWatch) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.COMPLETED)))
        (lines,) = found(api, cloud)
    texts = [line.split("  ", 2)[2].strip() for line in shown(lines)]
    assert [" ".join(text.split()) for text in texts] == [
        "START request r1, version 3",
        "INFO dataset prepared rows=100",
        "REPORT success durationMs=12.5 maxMemoryUsedMB=80",
        "START request r5, version 3",
        "a print of this run",
        "INFO graded",
        "REPORT success durationMs=12.5 maxMemoryUsedMB=80",
        "START request r7, version 3",
        "INFO graded again",
        "REPORT success durationMs=12.5 maxMemoryUsedMB=80",
    ]
    assert [line.function for line in lines] == ["PrepareDataset"] * 3 + ["GradeGsm8k"] * 7


def test_one_function_alone_can_be_chosen(cloud: FakeCloudWatch) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.COMPLETED)))
        (lines,) = found(api, cloud, function="PrepareDataset")
    assert {line.function for line in lines} == {"PrepareDataset"}


def test_following_prints_each_line_once_and_ends_with_the_run(cloud: FakeCloudWatch) -> None:
    def pause(_: float) -> None:
        invocation(cloud, GRADE, "c", 30 + len(cloud.groups[GRADE]), structured("late"))

    with fake_api() as api:
        api.says((200, view(RunStatus.TRAINING)), (200, view(RunStatus.TRAINING)), (200, view(RunStatus.COMPLETED)))
        batches = found(api, cloud, interval=1, pause=pause)
    assert [len(batch) for batch in batches] == [10, 3, 3]
    keys = [line.key for batch in batches for line in batch]
    assert len(set(keys)) == len(keys)


def test_text_format_separates_invocations_too() -> None:
    cloud = FakeCloudWatch()
    for second, message in enumerate(
        ("START RequestId: 1", f"mine {RUN_ID}", "END RequestId: 1", "START RequestId: 2")
    ):
        cloud.log(GRADE, "b", at(second), message)
    with fake_api() as api:
        api.says((200, view(RunStatus.COMPLETED)))
        (lines,) = found(api, cloud)
    assert [line.message for line in lines] == ["START RequestId: 1", f"mine {RUN_ID}", "END RequestId: 1"]


def test_control_characters_in_a_line_are_shown_as_escapes() -> None:
    (line,) = shown([LogLine(at(0), "GradeGsm8k", "\x1b[2J[red]x", ("g", "1"))])
    assert line.endswith(r"\x1b[2J[red]x")


def test_a_traceback_is_printed_on_its_own_lines_below_its_message() -> None:
    message = structured("request failed", level="ERROR", exception="Traceback:\n  File a\nValueError: b")
    first, *rest = shown([LogLine(at(0.25), "Api", message, ("g", "1"))])
    assert first.split() == ["12:00:00.250", "Api", "ERROR", "request", "failed"]
    assert [line.strip() for line in rest] == ["Traceback:", "File a", "ValueError: b"]


def test_an_unknown_function_names_those_that_exist(cloud: FakeCloudWatch) -> None:
    with fake_api() as api:
        api.says((200, view(RunStatus.COMPLETED)))
        with pytest.raises(RftClientError, match="Prepare not found; the stack's functions are GradeGsm8k, Prepare"):
            found(api, cloud, function="Prepare")


def test_a_stack_without_log_groups_is_an_error() -> None:
    with pytest.raises(RftClientError, match="No log groups /aws/lambda/rft/\\* found"):
        FunctionLogs(FakeCloudWatch(), "rft").groups()


def test_an_unknown_run_is_the_apis_error(cloud: FakeCloudWatch) -> None:
    with fake_api() as api:
        api.says((404, {"title": "Not found", "detail": f"Run {RUN_ID} not found", "status": 404}))
        with pytest.raises(ApiError, match="not found"):
            found(api, cloud)


@pytest.mark.usefixtures("api")
def test_without_a_stack_a_one_line_error_names_the_option(rft: Rft) -> None:
    result = rft("logs", RUN_ID)
    assert (result.status, result.err) == (1, "rft: No stack is named; pass --stack NAME or set RFT_STACK\n")
