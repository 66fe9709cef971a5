"""Code in sessions of AgentCore's Code Interpreter, emulated: same verdicts, and no session is given a test."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from emulator.agentcore.service import MANAGED
from emulator.http.replies import AwsError
from rft.adapters.sandbox.code_interpreter import CodeInterpreterSandbox
from rft.adapters.sandbox.processes import ProcessSandbox
from rft.contracts.graders.code_tests import CodeTests
from rft.errors import DeadlineExceeded, SandboxUnavailable
from rft.rewards.samples import UngradableSample
from tests.kit.code_answers import FORGERIES, GOOD_TESTS, LIBRARY, SETUP, TARGETS
from tests.kit.code_interpreter import InterpreterCalls
from tests.kit.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tests are sealed by the Linux kernel")

ARN = f"arn:aws:bedrock-agentcore:us-east-1:aws:code-interpreter/{MANAGED}"
DOUBLE = "def f(x):\n    print('debugging')\n    return 2 * x"


@pytest.fixture
def calls() -> Iterator[InterpreterCalls]:
    made = InterpreterCalls()
    yield made
    made.service.close()


@pytest.fixture
def sandbox(calls: InterpreterCalls) -> Iterator[CodeInterpreterSandbox]:
    opened = CodeInterpreterSandbox(calls.client, interpreter=ARN)
    yield opened
    opened.close()


def run(sandbox: CodeInterpreterSandbox | ProcessSandbox, program: str, **tests: Any) -> list[bool]:
    results = sandbox.test(program, CodeTests.model_validate(tests), remaining=lambda: 200)
    return [result.passed for result in results]


def test_tests_work_as_in_the_process_sandbox(sandbox: CodeInterpreterSandbox) -> None:
    assert run(sandbox, LIBRARY, tests=GOOD_TESTS, setup=SETUP, seconds=30) == [True] * len(GOOD_TESTS)
    assert run(sandbox, DOUBLE, tests=["assert f(1) == 2", "assert f(2) == 5"]) == [True, False]


def test_a_program_is_tested_by_its_output_for_each_input(sandbox: CodeInterpreterSandbox) -> None:
    cases = [{"stdin": "1\n", "stdout": "2"}, {"stdin": "5", "stdout": "10 \r\n"}, {"stdin": "", "stdout": "0"}]
    assert run(sandbox, "print(2 * int(input()))", exchanges=cases) == [True, True, False]
    assert run(sandbox, "print('x' * 10**7)", exchanges=[{"stdout": "x"}]) == [False]


def test_no_session_receives_a_test_or_an_expected_output(
    sandbox: CodeInterpreterSandbox, calls: InterpreterCalls
) -> None:
    run(sandbox, DOUBLE, setup="wanted = 41424344", tests=["assert f(7) == wanted", "assert f(8) != 41424345"])
    run(sandbox, "print(input())", exchanges=[{"stdin": "shown", "stdout": "41424346"}])
    sent = "".join(body for _, body in calls.bodies)
    assert "shown" in sent
    assert "4142434" not in sent
    assert "assert" not in sent.partition("rft_session.exchange")[2]


def test_each_sample_has_a_session_that_ends_with_it(sandbox: CodeInterpreterSandbox, calls: InterpreterCalls) -> None:
    leave = "open('note', 'w').write('x')\nimport os\ndef f(): return os.listdir('.').count('note')"
    assert run(sandbox, leave, tests=["assert f() == 1"]) == [True]
    poll = "import os\ndef f(): return os.listdir('.').count('note')"
    assert run(sandbox, poll, tests=["assert f() == 0"]) == [True]
    with pytest.raises(UngradableSample):
        run(sandbox, "def f(): ...", tests=["class Own: pass\nassert f(Own())"])
    names = [name for name, _ in calls.bodies]
    assert names.count("StartCodeInterpreterSession") == names.count("StopCodeInterpreterSession") == 3
    assert calls.service.open_sessions == 0
    limits = [json.loads(body)["sessionTimeoutSeconds"] for name, body in calls.bodies if name.startswith("Start")]
    assert limits == [320] * 3, "what is not stopped ends by itself"


SAMPLE = ("exit with success", "patched harness", "hangs on exit", "endless reply")
"""Attacks of `make test`; the long tests try all."""


@pytest.mark.parametrize(
    "attack", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.slow) for name in FORGERIES]
)
def test_an_attack_passes_no_test(sandbox: CodeInterpreterSandbox, attack: str) -> None:
    with contextlib.suppress(SandboxUnavailable):  # an answer that breaks its own session has no score
        assert run(sandbox, FORGERIES[attack], tests=TARGETS, seconds=0.4) == [False] * 3


@pytest.mark.parametrize(
    "program", ["while True: pass", "import os\nos.close(1)\nwhile True: pass", "import time\ntime.sleep(60)"]
)
def test_an_endless_program_times_out(sandbox: CodeInterpreterSandbox, program: str) -> None:
    results = sandbox.test(
        program,
        CodeTests.model_validate({"exchanges": [{"stdout": "x"}] * 2, "seconds": 0.3}),
        remaining=lambda: 100,
    )
    assert [result.reason for result in results] == ["timed out", "not run: an earlier one timed out"]


def test_processes_end_with_their_session(sandbox: CodeInterpreterSandbox, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ndef f(): time.sleep(600)"
    assert run(sandbox, program, tests=["f()\nassert True"], seconds=0.5) == [False]
    stat = Path("/proc", note.read_text(), "stat")
    eventually(lambda: not stat.exists() or " Z " in stat.read_text(), "the answer's process to end")


@pytest.mark.parametrize("operation", ["StartCodeInterpreterSession", "InvokeCodeInterpreter"])
@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 403), ("ServiceQuotaExceededException", 402), ("InternalServerException", 500)],
)
def test_a_refusal_of_the_service_gives_no_score(
    sandbox: CodeInterpreterSandbox, calls: InterpreterCalls, operation: str, code: str, status: int
) -> None:
    calls.errors[operation] = AwsError(code, status, "not now")
    with pytest.raises(SandboxUnavailable, match=f"{operation}: {code}: not now"):
        run(sandbox, DOUBLE, tests=["assert f(1) == 2"])
    assert calls.service.open_sessions == 0


def test_a_session_that_cannot_be_stopped_changes_no_score(
    sandbox: CodeInterpreterSandbox, calls: InterpreterCalls
) -> None:
    calls.errors["StopCodeInterpreterSession"] = AwsError("ThrottlingException", 429, "slow down")
    assert run(sandbox, DOUBLE, tests=["assert f(1) == 2"]) == [True]


def test_a_batch_timeout_is_not_a_failed_test(sandbox: CodeInterpreterSandbox) -> None:
    tests = CodeTests.model_validate({"exchanges": [{"stdout": "x"}], "seconds": 5})
    for seconds in (0, 4):
        with pytest.raises(DeadlineExceeded):
            sandbox.test("print('x')", tests, remaining=lambda left=seconds: left)  # type: ignore[misc]


def test_emulated_responses_match_botocores_model(calls: InterpreterCalls) -> None:
    model = botocore.session.get_session().get_service_model("bedrock-agentcore")

    def fits(operation: str, reply: dict[str, Any]) -> None:
        shape: Any = model.operation_model(operation).output_shape
        assert set(shape.required_members) <= set(reply)
        assert set(reply) - {"ResponseMetadata"} <= set(shape.members)

    started = calls.client.start_code_interpreter_session(codeInterpreterIdentifier=MANAGED)
    fits("StartCodeInterpreterSession", started)
    where = {"codeInterpreterIdentifier": MANAGED, "sessionId": started["sessionId"]}
    for code, failed, out in (("x = 1\nprint(x)", False, "1\n"), ("print(x + 1)", False, "2\n"), ("1 / 0", True, "")):
        reply = calls.client.invoke_code_interpreter(**where, name="executeCode", arguments={"code": code})
        assert reply["sessionId"] == started["sessionId"]
        (result,) = [event["result"] for event in reply["stream"]]
        assert (result["isError"], result["structuredContent"]["stdout"]) == (failed, out)
    fits("StopCodeInterpreterSession", calls.client.stop_code_interpreter_session(**where))
    for call in (calls.client.stop_code_interpreter_session, calls.client.invoke_code_interpreter):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            call(**where, **({"name": "executeCode", "arguments": {"code": "1"}} if "invoke" in call.__name__ else {}))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sessionTimeoutSeconds": 30_000}, "sessionTimeoutSeconds"),
        ({"clientToken": "-" * 40}, "clientToken"),
        ({"codeInterpreterIdentifier": "mine"}, "not found"),
    ],
)
def test_the_emulated_service_refuses_invalid_requests(
    calls: InterpreterCalls, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        calls.client.start_code_interpreter_session(**{"codeInterpreterIdentifier": MANAGED, **fields})
