"""Whatever is uploaded makes one run, or is refused with one record and one message; never nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.steps import UploadOutcome
from rft.settings import StorageSettings
from rft.steps.start_from_upload import start_from_upload
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.executions import MemoryExecutions
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.strict import StrictLedger, StrictNotifier
from tests.kit.hostile_values import changed, texts, values
from tests.kit.requests import FULL_REQUEST

OVERRIDES: dict[str, Any] = {name: part for name, part in FULL_REQUEST.items() if name not in ("name", "dataset")}
SETTINGS = {"DATA_BUCKET": "data-bucket", "WEBHOOK_HOSTS": "hooks.example.com"}
GRADERS = {"rubric": "arn:aws:lambda:us-east-1:123456789012:function:rubric"}


class Bucket:
    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ledger, self.notifier = StrictLedger(self.clock), StrictNotifier()
        self.store, self.executions = MemoryStore(), MemoryExecutions()

    def deliver(self, key: str) -> UploadOutcome:
        return start_from_upload(
            bucket="data-bucket",
            key=key,
            version_id="v1",
            etag="e1",
            requester="123456789012",
            ledger=self.ledger,
            rejections=self.ledger,
            store=self.store,
            executions=self.executions,
            notifier=self.notifier,
            clock=self.clock,
            graders=GRADERS,
            storage=StorageSettings.model_validate(SETTINGS),
        )


def check_upload(key: str, run_json: bytes | None) -> UploadOutcome:
    bucket = Bucket()
    if run_json is not None:
        bucket.store.objects[f"s3://data-bucket/{key.rpartition('/')[0]}/run.json"] = run_json

    first, again = bucket.deliver(key), bucket.deliver(key)

    assert first == again
    runs, refusals = list(bucket.ledger.records), list(bucket.ledger.rejections.values())
    assert runs == list(bucket.executions.started) == ([first.run_id] if first.run_id else [])
    assert [refusal.problems for refusal in refusals] == ([first.problems] if first.problems else [])
    assert len(bucket.notifier.sent) == len(refusals)
    return first


def test_the_unmodified_overrides_start_a_run() -> None:
    assert check_upload("uploads/rubric/full/rows.jsonl", json.dumps(OVERRIDES).encode()).run_id


@given(run_json=(changed(OVERRIDES) | values).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
def test_any_overrides_start_a_run_or_are_refused_with_a_message(run_json: bytes) -> None:
    outcome = check_upload("uploads/rubric/full/rows.jsonl", run_json)
    assert (outcome.run_id is None) == bool(outcome.problems)


@given(parts=st.lists(st.sampled_from(["uploads", "rubric", "gsm8k", "demo", "a.jsonl", ""]) | texts, max_size=6))
def test_any_key_starts_a_run_or_is_refused_with_a_message(parts: list[str]) -> None:
    key = "/".join(["uploads", *parts]).encode(errors="replace").decode()  # S3's keys are UTF-8
    outcome = check_upload(key, None)
    silent = key.endswith(("/run.json", "/"))
    assert (outcome.run_id is None and not outcome.problems) == silent
