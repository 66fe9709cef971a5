"""The Python client, against an API on loopback: typed answers, errors with fields, retries where they are safe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas
import pytest

from rft.contracts.ledger import RunStatus
from rft_client import ApiError, Client, FieldError, RftClientError, WaitTimeout
from rft_client.api_client import ApiClient
from rft_client.auth import SigV4
from rft_client.transport import Retry
from tests.kit.fakes.api import CREDENTIALS, REGION, ApiRequest, FakeApi, Reply
from tests.kit.records import RUN_ID
from tests.kit.rollouts import rollout
from tests.kit.views import view

BUSY: Reply = (503, {"title": "AWS is temporarily unavailable; retry later", "detail": "Send it again.", "status": 503})
REQUEST: dict[str, Any] = {"name": "nightly", "dataset": {"task": "gsm8k", "uri": "s3://data-bucket/rows.jsonl"}}
ACCEPTED: Reply = (202, {"run_id": RUN_ID, "status": "PENDING", "links": {"self": f"/runs/{RUN_ID}"}})


def client(**options: Any) -> Client:
    """Of the API that RFT_API_URL names; it pauses for no time."""
    return Client(retry=Retry(attempts=3, pause=lambda _: None), **options)


def rollouts_page(*rollouts: dict[str, Any], cursor: str | None = None) -> Reply:
    return 200, {"run_id": RUN_ID, "rollouts": list(rollouts), "unreadable": 0, "cursor": cursor}


def test_a_run_is_started_with_a_key_of_its_own(api: FakeApi) -> None:
    api.says(ACCEPTED)
    assert client().runs.create(REQUEST).run_id == RUN_ID
    (sent,) = api.requests
    assert (sent.method, sent.path, sent.body) == ("POST", "/runs", REQUEST)
    assert len(sent.headers["idempotency-key"]) == 32


def test_a_start_without_a_response_is_repeated_with_the_same_key(api: FakeApi) -> None:
    api.says(BUSY, (429, {"message": "Too Many Requests"}), ACCEPTED)
    assert client().runs.create(REQUEST).status is RunStatus.PENDING
    assert len({sent.headers["idempotency-key"] for sent in api.requests}) == 1
    assert len(api.requests) == 3


def test_retries_end_with_the_last_error(api: FakeApi) -> None:
    api.says(BUSY)
    with pytest.raises(ApiError, match="try again in a moment") as failed:
        client().runs.get(RUN_ID)
    assert failed.value.status == 503
    assert len(api.requests) == 3


@pytest.mark.parametrize("path", ["experiment", "experiments"])
def test_a_read_of_experiments_is_repeated(api: FakeApi, path: str) -> None:
    api.says((500, {"message": "Internal Server Error"}), (200, {"experiments": [], "cursor": None}))
    retry = Retry(attempts=3, pause=lambda _: None)
    signed = ApiClient.signed(api.url, REGION, CREDENTIALS, retry=retry)
    reads = {"experiment": lambda: signed.experiment("some"), "experiments": lambda: signed.experiments(limit=1)}
    assert reads[path]() == {"experiments": [], "cursor": None}
    assert [request.method for request in api.requests] == ["GET", "GET"]


def test_a_rollback_is_never_repeated(api: FakeApi) -> None:
    api.says(BUSY)
    with pytest.raises(ApiError):
        client().roll_back("judge")
    assert len(api.requests) == 1


def test_a_pause_is_at_least_what_the_api_asks_for() -> None:
    retry = Retry(attempts=5)
    assert retry.seconds(1, ApiError(503, "busy", retry_after=60.0)) == 60
    assert all(retry.seconds(20, ApiError(503, "busy")) <= retry.max_seconds for _ in range(100))


def test_a_refusal_names_its_fields_and_is_not_repeated(api: FakeApi) -> None:
    errors = [{"field": "tags", "message": "max 50"}, {"field": "nmae", "message": "unknown field"}]
    api.says((422, {"type": "urn:rft:problem:invalid-request", "title": "not valid", "status": 422, "errors": errors}))
    with pytest.raises(ApiError) as refused:
        client().runs.create(REQUEST)
    assert refused.value.fields == (FieldError("tags", "max 50"), FieldError("nmae", "unknown field"))
    assert refused.value.type == "urn:rft:problem:invalid-request"
    assert len(api.requests) == 1


def test_a_request_is_checked_before_anything_is_sent(api: FakeApi) -> None:
    with pytest.raises(RftClientError, match=r"hyperparameters\.epochCount"):
        client().runs.create({**REQUEST, "hyperparameters": {"epochCount": 99}})
    assert api.requests == []


def test_responses_of_a_newer_stack_are_read(api: FakeApi) -> None:
    newer = view(RunStatus.TRAINING)
    api.says((200, {**newer, "new_part": 1, "request": {**newer["request"], "new_field": True}}))
    assert client().runs.get(RUN_ID).status is RunStatus.TRAINING


def test_a_malformed_response_is_named(api: FakeApi) -> None:
    api.says((200, {"run_id": RUN_ID}))
    with pytest.raises(RftClientError, match="no RunView as this client knows it"):
        client().runs.get(RUN_ID)


def test_runs_are_listed_over_all_pages(api: FakeApi) -> None:
    line: dict[str, Any] = {
        "run_id": RUN_ID, "name": "nightly", "task": "gsm8k", "status": "TRAINING", "tags": {}, "requested_by": None,
        "created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "reward": None, "model_arn": None,
        "links": {},
    }  # fmt: skip
    api.says((200, {"runs": [line], "cursor": "next"}), (200, {"runs": [], "cursor": "last"}),
             (200, {"runs": [line], "cursor": None}))  # fmt: skip
    assert [run.name for run in client().runs.list(status=RunStatus.TRAINING)] == ["nightly", "nightly"]
    assert [sent.query.get("cursor") for sent in api.requests] == [None, "next", "last"]
    assert {sent.query["status"] for sent in api.requests} == {"TRAINING"}


def test_a_watched_run_is_yielded_once_for_each_change(api: FakeApi) -> None:
    training = (200, view(RunStatus.TRAINING))
    api.says(training, training, BUSY, training, (200, view(RunStatus.COMPLETED)))
    notes: list[str] = []
    seen = client().runs.watch(RUN_ID, interval=0.001, note=notes.append)
    assert [run.status for run in seen] == [RunStatus.TRAINING, RunStatus.COMPLETED]


def test_a_wait_returns_the_ended_run(api: FakeApi) -> None:
    api.says((200, view(RunStatus.TRAINING)), (200, view(RunStatus.FAILED)))
    assert client().runs.wait(RUN_ID, timeout=60, interval=0.001).status is RunStatus.FAILED


def test_a_wait_that_times_out_says_that_the_run_continues(api: FakeApi) -> None:
    api.says((200, view(RunStatus.TRAINING)))
    with pytest.raises(WaitTimeout, match="it continues"):
        client().runs.wait(RUN_ID, timeout=0.01, interval=1)


def test_rollouts_are_read_page_by_page_and_only_as_far_as_needed(api: FakeApi) -> None:
    first, second = rollout(0.25).model_dump(mode="json"), rollout(None, error="ValueError").model_dump(mode="json")
    api.says(rollouts_page(first, second, cursor="more"))
    found = client().runs.rollouts(RUN_ID, split="train", min_score=0.1)
    assert api.requests == []
    assert [each.score for each in found.first(2)] == [0.25, None]
    (sent,) = api.requests
    assert (sent.query["split"], sent.query["min_score"]) == ("train", "0.1")


def test_rollouts_become_a_data_frame(api: FakeApi) -> None:
    graded = {**rollout(0.25).model_dump(mode="json"), "components": {"format": 1.0}}
    failed = {**rollout(None, error="ValueError").model_dump(mode="json"), "components": {}}
    api.says(rollouts_page(graded, failed))
    frame = client().runs.rollouts(RUN_ID).to_pandas()
    assert list(frame["score"].isna()) == [False, True]
    assert frame.loc[0, "component.format"] == 1.0
    assert isinstance(frame["at"].dtype, pandas.DatetimeTZDtype)


def test_no_rollouts_make_an_empty_data_frame_with_its_columns(api: FakeApi) -> None:
    api.says(rollouts_page())
    frame = client().runs.rollouts(RUN_ID).to_pandas()
    assert frame.empty
    assert {"id", "score", "error", "at"} <= set(frame.columns)


def test_a_token_is_sent_in_place_of_a_signature(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    tokens = iter(["one", "two"])
    with pytest.raises(ApiError, match="403"):  # this API takes signatures only
        client(token=lambda: next(tokens)).runs.get(RUN_ID)
    assert next(tokens) == "two"


def test_a_local_dataset_is_uploaded_before_the_run_starts(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"question": "1 + 1?"}))
    steps: list[str] = []

    class Bucket:
        def put_object(self, **request: Any) -> None:
            steps.append(f"put {request['Bucket']}/{request['Key']}")

    def accept(request: ApiRequest) -> Reply:
        steps.append(f"start {request.body['dataset']['uri']}")
        return ACCEPTED

    monkeypatch.setattr("rft_client.deployment.Deployment.s3", lambda _: Bucket())
    api.answer = accept
    client(bucket="data-bucket").runs.create({"name": "nightly", "dataset": {"task": "gsm8k", "uri": str(rows)}})
    put, start = steps
    assert put.startswith("put data-bucket/datasets/gsm8k/")
    assert start == put.replace("put ", "start s3://")


def test_credentials_are_in_no_representation() -> None:
    assert CREDENTIALS.secret_key not in repr(SigV4(REGION, CREDENTIALS))
    assert "top-secret" not in repr(client(token="top-secret")._deployment)
