"""Runs that wait for a person."""

from __future__ import annotations

import pytest

from emulator.faults import Fault
from rft_client.errors import ApiError
from tests.e2e.stages import SMALL, paused_at, wait_for
from tests.kit.stack_harness import StackHarness
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator


def test_an_approval_continues_the_run_and_is_recorded(bench: StackHarness) -> None:
    run_id = paused_at(bench, "AWAITING_APPROVAL", "approved")
    (message,) = bench.messages(run_id)
    assert message["reasons"] == ["the request requires it"]
    assert run_id in message["approve"]
    waiting = bench.client.run(run_id)["approval"]
    assert (waiting["reasons"], waiting["decision"]) == (["the request requires it"], None)
    for _ in range(3):
        bench.client.approve(run_id, approved=True, by="Ada", comment="go on")
    view = wait_for(bench, run_id, "COMPLETED")
    assert (view["approval"]["decision"]["by"], view["approval"]["decision"]["approved"]) == ("Ada", True)
    assert view["approval"]["decision"]["caller"] == view["requested_by"]
    assert view["requested_by"]["id"].endswith("user/emulated")
    (approved,) = [event for event in view["timeline"] if event["by"]]
    assert (approved["before"], approved["by"]) == ("AWAITING_APPROVAL", "Ada")
    assert [event["after"] for event in view["timeline"]].count("AWAITING_APPROVAL") == 1
    assert len(bench.jobs(run_id)) == 1
    assert bench.client.approve(run_id, approved=True, by="Ada", comment="")["status"] == "COMPLETED"
    with pytest.raises(ApiError, match="approved already") as changed:
        bench.client.approve(run_id, approved=False, by="Bob", comment="")
    assert changed.value.status == 409


def test_a_rejection_ends_the_run_with_name_and_comment(bench: StackHarness) -> None:
    run_id = paused_at(bench, "AWAITING_APPROVAL", "refused")
    bench.client.approve(run_id, approved=False, by="Bob", comment='too "dear"\nby far')
    view = wait_for(bench, run_id, "REJECTED")
    assert view["failure"]["error"] == "ApprovalRefused"
    assert view["failure"]["cause"] == r'the approval was refused: too "dear"\nby far'
    assert (view["timeline"][-1]["by"], view["timeline"][-1]["caller"]) == ("Bob", view["requested_by"])
    assert bench.jobs(run_id) == []
    eventually(lambda: len(bench.messages(run_id)) == 2, "the question and the outcome")
    with pytest.raises(ApiError) as late:
        bench.client.approve(run_id, approved=True, by="Ada", comment="")
    assert late.value.status == 409


def test_a_run_that_awaits_no_approval_refuses_a_decision(bench: StackHarness) -> None:
    run_id = bench.start("unasked", **SMALL, mode="preflight", require_approval=True)
    assert wait_for(bench, run_id, "COMPLETED")["approval"] is None
    with pytest.raises(ApiError, match="awaits no approval") as refused:
        bench.client.approve(run_id, approved=True, by="Ada", comment="")
    assert refused.value.status == 409


def test_the_task_token_is_exposed_nowhere(bench: StackHarness) -> None:
    run_id = paused_at(bench, "AWAITING_APPROVAL", "secret")
    table = bench.aws.stack.outputs["LedgerName"]
    key = {"pk": {"S": f"RUN#{run_id}"}, "sk": {"S": "TASK_TOKEN"}}
    token = bench.aws.client("dynamodb").get_item(TableName=table, Key=key)["Item"]["token"]["S"]
    shown = [bench.client.run(run_id), bench.client.events(run_id), bench.messages(run_id)]
    assert token not in str(shown)
    assert not [line for name in ("RequestApproval", "Api") for line in bench.aws.logs(name) if token in line]
    bench.cancel(run_id)


def test_a_cancel_where_bedrock_calls_an_unknown_job_invalid_ends_the_run(bench: StackHarness) -> None:
    """AWS does not document which of two errors an unknown name gets."""
    run_id = paused_at(bench, "AWAITING_APPROVAL", "cancelled-early")
    for operation in ("StopModelCustomizationJob", "GetModelCustomizationJob"):
        refused = Fault(service="bedrock", operation=operation, code="ValidationException", status=400, count=None)
        bench.aws.faults.add(refused)
    assert bench.cancel(run_id)["status"] == "CANCELLED"
    assert wait_for(bench, run_id, "CANCELLED")["failure"]["error"] == "RunCancelled"
