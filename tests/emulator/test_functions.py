"""Lambda: results of each way in which a handler can end."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.faults import Fault
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


def invoke(aws: Emulator, event: object, name: str = "Probe") -> tuple[Any, str | None]:
    reply = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(reply["Payload"].read()), reply.get("FunctionError")


def test_a_handler_receives_its_event_and_remaining_time(aws: Emulator) -> None:
    answer, error = invoke(aws, {"do": "echo", "text": "Grüße"})
    assert error is None
    assert answer["event"] == {"do": "echo", "text": "Grüße"}
    assert 0 < answer["remaining_ms"] <= 2000
    assert answer["arn"].startswith("arn:aws:lambda:us-east-1:123456789012:function:small-Probe-")
    assert "echoing" in aws.logs("Probe")


def test_an_exception_arrives_with_its_class_name(aws: Emulator) -> None:
    answer, error = invoke(aws, {"do": "raise", "message": "seven"})
    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "seven")
    assert any("app.py" in line for line in answer["stackTrace"])


def test_an_exception_of_200_kb_arrives_whole(aws: Emulator, tmp_path: Any) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    raise ValueError('x' * 200_000)\n")
    aws.add_function("verbose", tmp_path)
    error = json.loads(aws.invoke("verbose", b"{}"))
    assert (error["errorType"], len(error["errorMessage"])) == ("ValueError", 200_000)


def test_a_function_past_its_timeout_is_killed_and_the_next_call_works(aws: Emulator) -> None:
    answer, error = invoke(aws, {"do": "sleep", "seconds": 60})
    assert error == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert invoke(aws, {"do": "echo"})[1] is None


def test_a_process_that_exits_is_an_exit_error(aws: Emulator) -> None:
    answer, error = invoke(aws, {"do": "exit"})
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in answer["errorMessage"]
    assert invoke(aws, {"do": "echo"})[1] is None


def test_code_that_cannot_be_imported_is_an_init_error(aws: Emulator) -> None:
    answer, error = invoke(aws, {}, "BrokenImport")
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "a_module_that_is_not_there" in answer["errorMessage"]


def test_the_environment_comes_from_the_template_only(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the user's own")
    monkeypatch.setenv("RFT_SECRET", "the user's own")
    aws.invoke("Probe", b'{"do": "exit"}')  # so that the next one starts a process
    answer, _ = invoke(aws, {"do": "environ"})
    environ = answer["environ"]
    assert (environ["GREETING"], environ["COUNT"], environ["BUCKET"]) == ("hello", "3", aws.bucket)
    assert answer["data"] == "from the layer\n"
    assert environ["AWS_ENDPOINT_URL"] == aws.endpoint
    assert environ["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environ["AWS_SESSION_TOKEN"] not in ("", "the user's own")
    assert not {"AWS_PROFILE", "RFT_SECRET"} & environ.keys()
    assert answer["cwd"] == environ["LAMBDA_TASK_ROOT"]
    assert environ["DATA_FILE"].removesuffix("/data/file.txt") in answer["path"]
    assert not any(path.endswith("emulator/functions") for path in answer["path"])


def test_concurrent_calls_run_in_separate_processes(aws: Emulator) -> None:
    answers: list[Any] = []

    def call() -> None:
        answers.append(invoke(aws, {"do": "sleep", "seconds": 0.8})[0])

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["pid"] for answer in answers}) == 3  # an idle process would have been reused


def test_a_warm_process_is_reused(aws: Emulator) -> None:
    pids = {invoke(aws, {"do": "environ"}) and invoke(aws, {"do": "sleep", "seconds": 0})[0]["pid"] for _ in range(3)}
    assert len(pids) == 1
    assert pids != {os.getpid()}


def test_asynchronous_calls_are_tried_three_times(aws: Emulator) -> None:
    reply = aws.client("lambda").invoke(
        FunctionName="Probe",
        InvocationType="Event",
        Payload=json.dumps({"do": "flaky", "key": "async", "times": 2}),
    )
    assert reply["StatusCode"] == 202
    assert eventually(lambda: "handled async" in aws.logs("Probe"))


def test_an_event_that_keeps_failing_goes_to_the_dead_letter_queue(aws: Emulator) -> None:
    event = {"do": "raise", "message": "for the dead"}
    aws.client("lambda").invoke(FunctionName="Probe", InvocationType="Event", Payload=json.dumps(event))
    queue = aws.stack.outputs["Queue"]
    messages = eventually(lambda: aws.client("sqs").receive_message(QueueUrl=queue).get("Messages"))
    assert json.loads(messages[0]["Body"]) == event


def test_a_functions_timeout_can_be_looked_up_by_alias_too(aws: Emulator) -> None:
    configuration = aws.client("lambda").get_function_configuration
    arn = invoke(aws, {"do": "echo"})[0]["arn"]
    version = aws.client("lambda").publish_version(FunctionName=arn)["Version"]
    aws.client("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion=version)
    assert configuration(FunctionName=arn)["Timeout"] == 2
    assert configuration(FunctionName=f"{arn}:live")["Timeout"] == 2
    with pytest.raises(aws.client("lambda").exceptions.ResourceNotFoundException):
        configuration(FunctionName=f"{arn}x:live")


def test_an_unknown_function_is_not_found(aws: Emulator) -> None:
    with pytest.raises(aws.client("lambda").exceptions.ResourceNotFoundException):
        invoke(aws, {}, "nobody")


def reports(aws: Emulator) -> list[dict[str, Any]]:
    lines = [line for line in aws.logs("Probe") if "platform.report" in line]
    return [json.loads(line)["record"] for line in lines]


def test_each_invocation_logs_a_report_and_the_first_has_its_init_time(aws: Emulator) -> None:
    aws.faults.add(Fault(service="lambda", operation="Invoke", subject="Probe", effect="cold_start"))
    before = len(reports(aws))
    for event in ({"do": "sleep", "seconds": 0.3}, {"do": "echo"}, {"do": "raise", "message": "seven"}):
        invoke(aws, event)
    first, second, third = reports(aws)[before:]
    assert [each["status"] for each in (first, second, third)] == ["success", "success", "error"]
    metrics = first["metrics"]
    assert metrics["durationMs"] >= 300
    assert metrics["initDurationMs"] > 0
    assert metrics["billedDurationMs"] >= metrics["durationMs"] + metrics["initDurationMs"] - 0.001
    assert metrics["memorySizeMB"] == 128, "what Lambda gives where the template does not say"
    assert "initDurationMs" not in second["metrics"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not report other processes")
def test_a_report_separates_cpu_time_from_waiting_time(aws: Emulator) -> None:
    invoke(aws, {"do": "echo"})
    invoke(aws, {"do": "sleep", "seconds": 0.5})
    waiting = reports(aws)[-1]["metrics"]
    assert 0 < waiting["processorMs"] < 100
    assert waiting["durationMs"] >= 500
    assert 5 < waiting["maxMemoryUsedMB"] < 128


def test_a_payload_over_six_megabytes_is_refused(aws: Emulator) -> None:
    with pytest.raises(ClientError, match="RequestTooLarge"):
        invoke(aws, {"do": "echo", "text": "x" * 6_300_000})


def test_a_function_outside_the_template_can_be_added(aws: Emulator, tmp_path: Any) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return [1, 2, 3]\n")
    arn = aws.add_function("foreign", tmp_path)
    assert invoke(aws, {}, arn) == ([1, 2, 3], None)
    assert aws.client("lambda").get_function(FunctionName="foreign")["Configuration"]["FunctionArn"] == arn


def test_a_function_created_by_a_client_runs_the_last_uploaded_code(aws: Emulator) -> None:
    client = aws.client("lambda")
    role = client.get_function_configuration(FunctionName=aws.stack.functions[0].name)["Role"]
    arn = client.create_function(
        FunctionName="uploaded",
        Role=role,
        Runtime="python3.13",
        Handler="mine.grade",
        Code={"ZipFile": archive("mine.py", "def grade(event, context):\n    print('graded')\n    return 1\n")},
        Timeout=7,
    )["FunctionArn"]
    assert invoke(aws, {}, arn) == (1, None)
    assert eventually(lambda: "graded" in aws.logs("uploaded"))

    changed = archive("mine.py", "import beside\ngrade = beside.grade\n", "beside.py", "def grade(*_):\n    return 2\n")
    client.update_function_code(FunctionName="uploaded", ZipFile=changed)
    assert invoke(aws, {}, "uploaded") == (2, None)

    client.delete_function(FunctionName="uploaded")
    with pytest.raises(ClientError, match="Function not found"):
        invoke(aws, {}, "uploaded")


def archive(*names_and_texts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as files:
        for name, text in zip(names_and_texts[::2], names_and_texts[1::2], strict=True):
            files.writestr(name, text)
    return buffer.getvalue()
