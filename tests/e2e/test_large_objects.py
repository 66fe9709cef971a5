"""Files of more than one part: written, joined from pieces that S3 cannot copy, and given up without a remainder."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from emulator.iam.rights import needed
from tests.kit.stack_harness import Ended, StackHarness
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

MEGABYTE = 1_000_000
RECORD_BYTES = 4_000
MIN_PART_BYTES = 5 * 2**20
"""Amazon S3 User Guide, "Multipart upload limits": all parts but the last."""


def questions(size: int, record_bytes: int = RECORD_BYTES) -> bytes:
    """GSM8K records of about `size` bytes in all, as JSON lines."""
    drawn = random.Random(1)
    words = ["".join(drawn.choices("aeiou lmnrst", k=8)).strip() for _ in range(2_000)]
    lines = []
    for number in range(size // record_bytes):
        story = " ".join(drawn.choices(words, k=record_bytes // 10))
        question = f"{story}. How much is {number} and {number % 7}?"
        answer = f"{number} + {number % 7} = {number + number % 7}\n#### {number + number % 7}"
        lines.append(json.dumps({"question": question, "answer": answer}))
    return "\n".join(lines).encode()


@pytest.fixture(scope="module", params=[{}])
def bench(request: pytest.FixtureRequest) -> Iterator[StackHarness]:
    """A stack with these bounds on what one function prepares, in megabytes."""
    parameters = {name: str(value * MEGABYTE) for name, value in request.param.items()}
    with Emulator.start(EmulatorOptions(speed=600, training_seconds=0.5, max_steps=3, parameters=parameters)) as aws:
        yield StackHarness(aws, patience=400)


SMALL_SHARDS = {"MaxSingleFunctionBytes": 10, "ShardBytes": 3}
LARGE_SHARDS = {"MaxSingleFunctionBytes": 15, "ShardBytes": 12}


def prepared(bench: StackHarness, name: str, size: int) -> Ended:
    """A preflight run on `size` bytes, with the one grader that needs no judge."""
    return bench.run(name, questions(size), mode="preflight", dataset={"task": "gsm8k"})


def uploads(bench: StackHarness) -> list[str]:
    """Keys of uploads that were neither completed nor aborted: their parts cost money until somebody finds them."""
    listed = bench.aws.client("s3").list_multipart_uploads(Bucket=bench.aws.bucket).get("Uploads", [])
    return [each["Key"] for each in listed]


def used(bench: StackHarness, function: str) -> bool:
    rights = needed(bench.aws.authorizer)
    return any(each.action == "s3:AbortMultipartUpload" and each.statement.startswith(function) for each in rights)


def sizes(bench: StackHarness, run_id: str) -> list[int]:
    """Bytes of the pieces of the training file."""
    found = bench.aws.client("s3").list_objects_v2(Bucket=bench.aws.bucket, Prefix=f"shards/{run_id}/")["Contents"]
    return [each["Size"] for each in found if "train" in each["Key"]]


@pytest.mark.parametrize("bench", [SMALL_SHARDS], indirect=True)
def test_pieces_too_small_for_a_part_are_joined_under_one_checksum_rule(bench: StackHarness) -> None:
    ended = prepared(bench, "small-pieces", 14 * MEGABYTE)
    assert (ended.status, ended.execution) == ("COMPLETED", "SUCCEEDED"), ended.view["failure"]
    pieces = sizes(bench, ended.view["run_id"])
    assert max(pieces) < MIN_PART_BYTES < sum(pieces)
    rows = bench.rows(ended.view["run_id"], "train")
    manifest = json.loads(bench.read(ended.view["dataset"]["manifest_uri"]))
    assert len(rows) == manifest["files"]["train"]["rows"]
    assert len({json.dumps(row["messages"]) for row in rows}) == len(rows)
    assert uploads(bench) == []


@pytest.mark.parametrize("bench", [LARGE_SHARDS], indirect=True)
@pytest.mark.parametrize(
    ("function", "size", "operation"),
    [
        ("PrepareDataset", 12 * MEGABYTE, "UploadPart"),
        ("WriteShard", 36 * MEGABYTE, "UploadPart"),
        ("JoinShards", 36 * MEGABYTE, "CompleteMultipartUpload"),
    ],
)
def test_a_failed_write_leaves_no_open_upload(bench: StackHarness, function: str, size: int, operation: str) -> None:
    folder = "shards/" if function == "WriteShard" else "runs/"
    refused = Fault(
        service="s3", operation=operation, contains=folder, count=None, code="InvalidPart", status=400, message="Gone."
    )
    bench.aws.faults.add(refused)
    ended = prepared(bench, "refused", size)
    assert (ended.status, ended.execution) == ("FAILED", "FAILED")
    assert "InvalidPart" in ended.view["failure"]["cause"]
    assert uploads(bench) == []
    assert used(bench, f"{function}Role")


def test_a_failed_write_of_reduced_rows_leaves_no_open_upload(bench: StackHarness) -> None:
    dataset = {"task": "gsm8k", "difficulty": {"drop_solved": True}}
    calibration = {"enabled": True, "rows": "all", "samples_per_row": 2, "accept": True}
    rows = questions(24 * MEGABYTE, record_bytes=10 * RECORD_BYTES)
    run_id = bench.start("reduced", rows, mode="preflight", dataset=dataset, calibration=calibration)
    eventually(lambda: bench.client.run(run_id)["status"] == "CALIBRATING", "its calibration", seconds=400, every=1)
    bench.aws.faults.add(
        Fault(service="s3", operation="UploadPart", contains=run_id, count=None, code="InvalidPart", status=400)
    )
    ended = bench.wait(run_id)
    assert ended.view["calibration"]["status"] == "failed", ended.view["calibration"]
    assert "InvalidPart" in ended.view["calibration"]["reason"]
    assert uploads(bench) == []
    assert used(bench, "CalibrateBaseRole")
