"""One message from several senders: on moto, with senders that fail, die and run at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from rft.adapters.dynamodb.notification_dedup import LEASE_SECONDS, DynamoSendOnce
from rft.adapters.notifier import SnsNotifier
from rft.contracts.outbound.topic_messages import TopicMessage
from rft.errors import RetryableServiceError, RetryableThrottling
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.dynamo import TABLE, ledger_table
from tests.kit.project import FUNCTIONS, RESOURCES

NOTICE = "outcome/pandalm-judge-20261120t120000-1a2b3c4d"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def send_once(clock: FixedClock) -> Iterator[DynamoSendOnce]:
    with ledger_table() as client:
        yield DynamoSendOnce(client, table=TABLE, clock=clock)


def send(send_once: DynamoSendOnce, notice: str = NOTICE) -> bool:
    with send_once.claimed(notice) as ours:
        return ours


def test_only_the_first_sender_sends(send_once: DynamoSendOnce, clock: FixedClock) -> None:
    assert [send(send_once) for _ in range(3)] == [True, False, False]
    clock.advance(days=30)
    assert not send(send_once)
    assert send(send_once, "approval/other")


def test_a_sender_during_another_send_is_told_to_retry(send_once: DynamoSendOnce) -> None:
    with send_once.claimed(NOTICE) as ours:
        assert ours
        with pytest.raises(RetryableServiceError, match="being sent"):
            send(send_once)
    assert not send(send_once)


def test_a_failed_send_is_left_to_the_next_sender(send_once: DynamoSendOnce) -> None:
    with pytest.raises(RetryableThrottling), send_once.claimed(NOTICE):
        raise RetryableThrottling("slow down")
    assert send(send_once)


def test_a_crashed_sender_is_replaced_after_its_lease(send_once: DynamoSendOnce, clock: FixedClock) -> None:
    dying = send_once.claimed(NOTICE)
    dying.__enter__()
    clock.advance(seconds=LEASE_SECONDS - 1)
    with pytest.raises(RetryableServiceError):
        send(send_once)
    clock.advance(seconds=2)
    assert send(send_once)
    dying.__exit__(None, None, None)  # it was only slow, and has sent, too: its end breaks nothing
    assert not send(send_once)


def test_a_lease_outlasts_every_function_that_sends() -> None:
    senders = [name for name in FUNCTIONS if "OutcomeTopic" in str(RESOURCES[name])]
    assert len(senders) >= 5
    assert max(FUNCTIONS[name]["Timeout"] for name in senders) < LEASE_SECONDS


def test_one_of_many_concurrent_senders_sends(send_once: DynamoSendOnce) -> None:
    barrier = threading.Barrier(8)

    def attempt(_: int) -> bool | None:
        barrier.wait()
        try:
            return send(send_once)
        except RetryableServiceError:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(attempt, range(8))).count(True) == 1


def test_a_message_that_sns_refused_is_sent_by_the_repeat(send_once: DynamoSendOnce) -> None:
    sns: Any = boto3.client("sns", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    topic = "arn:aws:sns:us-east-1:123456789012:outcomes"
    notifier = SnsNotifier(sns, topic_arn=topic, ends=(), send_once=send_once)
    message = TopicMessage(NOTICE, "s", {}, "")
    published = {"TopicArn": topic, "Subject": "s", "Message": ANY, "MessageStructure": "json"}
    with Stubber(sns) as stubber:
        stubber.add_client_error("publish", "Throttled", http_status_code=400)
        stubber.add_response("publish", {"MessageId": "1"}, published)
        with pytest.raises(RetryableThrottling):
            notifier.publish(message)
        for _ in range(2):
            notifier.publish(message)
        stubber.assert_no_pending_responses()
