"""What only the real ledger can get wrong: races, what is stored, and AWS's refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.stub import Stubber

from rft.contracts.ledger import Decision, Failure, RunStatus
from rft.errors import RetryableServiceError, RetryableThrottling, RunConflict, TransitionRefused
from rft.runs.approval import requested
from rft.runs.finish_run import finish_run
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, DynamoStores, dynamo_client, ledger_table
from tests.kit.records import ADA, RUN_ID, add_run, run_record

S = RunStatus
CLOCK = FixedClock()


@pytest.fixture
def client() -> Iterator[Any]:
    with ledger_table() as client:
        yield client


@pytest.fixture
def ledger(client: Any) -> DynamoStores:
    return DynamoStores(client, table=TABLE, clock=CLOCK)


@pytest.fixture
def rival(client: Any) -> DynamoStores:
    return DynamoStores(dynamo_client(), table=TABLE, clock=CLOCK)


def just_before(client: Any, operation: str, act: Callable[[], object], times: int = 1) -> None:
    """Let another writer act between this client's look and its write, the first `times` times."""
    remaining = [act] * times

    def meddle(**_: object) -> None:
        if remaining:
            remaining.pop()()

    client.meta.events.register(f"before-call.dynamodb.{operation}", meddle)


def plain(client: Any, run_id: str = RUN_ID, sk: str = "RECORD") -> dict[str, Any]:
    item = client.get_item(TableName=TABLE, Key={"pk": {"S": f"RUN#{run_id}"}, "sk": {"S": sk}})["Item"]
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def test_one_of_two_concurrent_ends_is_recorded(client: Any, ledger: DynamoStores, rival: DynamoStores) -> None:
    add_run(ledger, S.TRAINING)
    just_before(client, "TransactWriteItems", lambda: rival.transition(RUN_ID, S.CANCELLED, detail="by hand"))
    with pytest.raises(TransitionRefused, match="CANCELLED"):
        ledger.transition(RUN_ID, S.COMPLETED, changes={"model_arn": "arn:m"})
    assert (ledger.get(RUN_ID).status, ledger.get(RUN_ID).model_arn) == (S.CANCELLED, None)
    assert [e.after for e in ledger.events(RUN_ID)][-2:] == [S.TRAINING, S.CANCELLED]


def test_an_end_names_the_stage_reached_meanwhile(client: Any, ledger: DynamoStores, rival: DynamoStores) -> None:
    pending_run = add_run(ledger, S.PENDING)
    just_before(client, "TransactWriteItems", lambda: rival.transition(RUN_ID, S.PREPARING))
    ended = finish_run(pending_run, S.CANCELLED, error="RunCancelled", cause="by hand", ledger=ledger)
    assert ended.failure is not None
    assert ended.failure.stage is S.PREPARING
    assert [e.after for e in ledger.events(RUN_ID)] == [S.PENDING, S.PREPARING, S.CANCELLED]


def test_a_step_run_twice_at_once_leaves_one_event(client: Any, ledger: DynamoStores, rival: DynamoStores) -> None:
    add_run(ledger, S.PENDING)
    just_before(client, "TransactWriteItems", lambda: rival.transition(RUN_ID, S.PREPARING))
    assert ledger.transition(RUN_ID, S.PREPARING, changes={"grader_arn": "arn:g"}).grader_arn == "arn:g"
    assert [e.after for e in ledger.events(RUN_ID)] == [S.PENDING, S.PREPARING]


def test_fields_of_two_writers_are_both_kept(client: Any, ledger: DynamoStores, rival: DynamoStores) -> None:
    add_run(ledger, S.TRAINING)
    just_before(client, "UpdateItem", lambda: rival.update(RUN_ID, {"model_arn": "arn:m"}))
    ledger.update(RUN_ID, {"grader_arn": "arn:g"})
    assert (ledger.get(RUN_ID).model_arn, ledger.get(RUN_ID).grader_arn) == ("arn:m", "arn:g")


def test_a_write_is_refused_if_the_run_ended_after_the_read(
    client: Any, ledger: DynamoStores, rival: DynamoStores
) -> None:
    add_run(ledger, S.TRAINING)
    just_before(client, "UpdateItem", lambda: rival.transition(RUN_ID, S.CANCELLED))
    with pytest.raises(TransitionRefused, match="CANCELLED"):
        ledger.update(RUN_ID, {"model_arn": "arn:m"})
    assert ledger.get(RUN_ID).model_arn is None


def test_one_of_two_concurrent_decisions_is_recorded(client: Any, ledger: DynamoStores, rival: DynamoStores) -> None:
    def answer(by: str, *, approved: bool) -> Decision:
        return Decision(approved=approved, by=by, comment="", caller=ADA, at=CLOCK.now())

    add_run(ledger, S.SMOKE_TESTING)
    approval = requested(("dear",), at=CLOCK.now(), days=7)
    ledger.transition(RUN_ID, S.AWAITING_APPROVAL, changes={"approval": approval})
    just_before(client, "UpdateItem", lambda: rival.decide(RUN_ID, answer("Bob", approved=False)))
    with pytest.raises(TransitionRefused, match="refused already"):
        ledger.decide(RUN_ID, answer("Ada", approved=True))
    decided = ledger.get(RUN_ID).approval
    assert decided is not None
    assert decided.decision == answer("Bob", approved=False)


def test_an_answer_to_a_run_that_ended_meanwhile_is_not_recorded(
    client: Any, ledger: DynamoStores, rival: DynamoStores
) -> None:
    add_run(ledger, S.SMOKE_TESTING)
    approval = requested(("dear",), at=CLOCK.now(), days=7)
    ledger.transition(RUN_ID, S.AWAITING_APPROVAL, changes={"approval": approval})
    just_before(client, "UpdateItem", lambda: rival.transition(RUN_ID, S.CANCELLED))
    with pytest.raises(TransitionRefused, match="CANCELLED"):
        ledger.decide(RUN_ID, Decision(approved=True, by="Ada", comment="", caller=ADA, at=CLOCK.now()))
    assert ledger.get(RUN_ID).approval == approval


def test_one_of_two_concurrent_announcements_is_allowed(client: Any, ledger: DynamoStores, rival: DynamoStores) -> None:
    add_run(ledger, S.FAILED)
    answers: list[bool] = []
    just_before(client, "UpdateItem", lambda: answers.append(rival.mark_notified(RUN_ID)))
    assert (ledger.mark_notified(RUN_ID), answers) == (False, [True])


def test_two_concurrent_creates_with_one_key_return_one_run(
    client: Any, ledger: DynamoStores, rival: DynamoStores
) -> None:
    other = run_record("pandalm-judge-other-00000000")
    just_before(client, "TransactWriteItems", lambda: rival.create(other, key="order-7"))
    assert ledger.create(run_record(), key="order-7") == other
    assert ledger.page().records == (other,)


def test_a_known_run_with_a_new_key_is_found(ledger: DynamoStores) -> None:
    first = ledger.create(run_record())
    assert ledger.create(run_record(), key="late") == first
    with pytest.raises(RunConflict):
        ledger.create(run_record(mode="preflight"), key="later")


def test_records_are_native_maps_and_numbers_with_index_keys(client: Any, ledger: DynamoStores) -> None:
    add_run(ledger, S.PREPARING, tags={"team": "search"}, max_training_hours=1.5)
    item = plain(client)
    assert item["request"]["tags"] == {"team": "search"}
    assert float(item["request"]["max_training_hours"]) == 1.5
    place = f"2026-11-20T12:00:00.000000Z#{RUN_ID}"
    assert [item[f"gsi{n}sk"] for n in (1, 2, 3)] == [place] * 3
    assert [item[f"gsi{n}pk"] for n in (1, 2, 3)] == ["RUN", "PREPARING", "pandalm-judge"]
    assert item["event_count"] == 2
    assert plain(client, sk="EVENT#0002")["after"] == "PREPARING"


def test_a_key_is_stored_hashed_and_expires_while_records_stay(client: Any, ledger: DynamoStores) -> None:
    ledger.create(run_record(), key="customer secret")
    items = client.scan(TableName=TABLE)["Items"]
    assert "customer secret" not in str(items)
    expiring = [item for item in items if "expires_at" in item]
    assert [item["pk"]["S"][:4] for item in expiring] == ["KEY#"]
    assert int(expiring[0]["expires_at"]["N"]) == (CLOCK.now() + timedelta(days=90)).timestamp()


def test_the_largest_record_is_far_below_the_item_limit(client: Any, ledger: DynamoStores) -> None:
    tags = {f"{n:02d}{'k' * 126}": "v" * 256 for n in range(40)}
    add_run(ledger, S.TRAINING, tags=tags)
    ledger.transition(RUN_ID, S.FAILED, changes={"failure": Failure(stage=S.TRAINING, error="E", cause="c" * 4000)})
    assert len(str(plain(client))) < 100_000  # DynamoDB takes 400 KB


@pytest.fixture
def stubbed() -> Iterator[tuple[DynamoStores, Stubber]]:
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield DynamoStores(client, table=TABLE, clock=CLOCK), stubber


def cancelled(stubber: Stubber, *reasons: str) -> None:
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        http_status_code=400,
        modeled_fields={"CancellationReasons": [{"Code": code} for code in reasons]},
    )


def test_a_throttled_transaction_is_retryable(stubbed: tuple[DynamoStores, Stubber]) -> None:
    ledger, stubber = stubbed
    cancelled(stubber, "None", "ThrottlingError")
    with pytest.raises(RetryableThrottling):
        ledger.create(run_record())


def test_a_transaction_conflict_is_retried(stubbed: tuple[DynamoStores, Stubber]) -> None:
    ledger, stubber = stubbed
    cancelled(stubber, "TransactionConflict", "None")
    stubber.add_response("get_item", {})
    stubber.add_response("transact_write_items", {})
    assert ledger.create(run_record()) == run_record()


def test_an_invalid_transaction_raises(stubbed: tuple[DynamoStores, Stubber]) -> None:
    ledger, stubber = stubbed
    cancelled(stubber, "ValidationError", "None")
    with pytest.raises(Exception, match="TransactionCanceled"):
        ledger.create(run_record())


def test_aws_faults_are_retryable(stubbed: tuple[DynamoStores, Stubber]) -> None:
    ledger, stubber = stubbed
    stubber.add_client_error("get_item", "InternalServerError", http_status_code=500)
    with pytest.raises(RetryableServiceError):
        ledger.get(RUN_ID)
