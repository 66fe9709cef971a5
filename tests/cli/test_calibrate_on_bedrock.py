"""`rft calibrate --model bedrock:ID`: Bedrock's runtime answers a file's training rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from rft.contracts.run_request import DatasetRequest, RunRequest
from rft_cli.graders.training_rows import training_rows
from tests.kit.project import ROOT, SMALL_STACK
from tests.kit.rft_command import Rft

pytestmark = pytest.mark.emulator

QUESTIONS = ROOT / "examples/gsm8k/questions.jsonl"
BASE_ID = "us.amazon.nova-2-lite-v1:0"
SMALL = ("--task", "gsm8k", "--rows", "10", "--samples", "2")


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    """The emulated base model answers rows that a run has written."""
    with Emulator.start(EmulatorOptions(template=SMALL_STACK, stack_name="small")) as running:
        request = RunRequest(name="rows", dataset=DatasetRequest(task="gsm8k", uri=str(QUESTIONS)))
        rows = "".join(f"{row.model_dump_json()}\n" for row in training_rows(QUESTIONS, request).rows)
        running.client("s3").put_object(Bucket=running.bucket, Key="runs/r1/dataset/train.jsonl", Body=rows.encode())
        yield running


@pytest.fixture(autouse=True)
def _bedrock(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("AWS_REGION", aws.region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", aws.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(aws.credentials.access_key))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(aws.credentials.secret_key))


def test_the_base_models_answers_are_graded_with_the_effort_of_training(rft: Rft) -> None:
    result = rft("calibrate", QUESTIONS, *SMALL, "--model", f"bedrock:{BASE_ID}", "--output", "json")
    report = result.json

    assert result.status == (report["summary"]["difficulty"] in ("hopeless", "mostly_solved"))
    assert report["model"] == f"{BASE_ID} on Bedrock"
    assert 0 < report["summary"]["mean_score"] < 1
    assert (report["summary"]["rows"], report["summary"]["use"]["answers"]) == (10, 20)
    assert not any("not sent to this model" in each for each in report["unmatched"])


def test_an_id_that_names_no_model_ends_the_command_with_bedrocks_reason(rft: Rft) -> None:
    result = rft("calibrate", QUESTIONS, *SMALL, "--model", "bedrock:no such model")
    assert (result.status, result.out) == (1, "")
    assert "The provided model identifier is invalid" in result.err


def test_a_model_without_access_ends_the_command_with_bedrocks_reason(aws: Emulator, rft: Rft) -> None:
    denied = Fault(service="bedrock", operation="Converse", code="AccessDeniedException", status=403, count=None)
    aws.faults.add(denied.model_copy(update={"message": "You don't have access to the model."}))
    try:
        result = rft("calibrate", QUESTIONS, *SMALL, "--model", f"bedrock:{BASE_ID}")
    finally:
        aws.faults.clear()
    assert (result.status, result.out) == (1, "")
    assert "You don't have access to the model." in result.err
