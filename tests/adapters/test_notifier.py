from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from rft.adapters.notifier import SnsNotifier, message_text
from rft.errors import RetryableThrottling

TOPIC = "arn:aws:sns:us-east-1:123456789012:outcomes"


@pytest.fixture
def client() -> Any:
    return boto3.client("sns", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


class AllOurs:
    """Notices that nobody else cares for."""

    @contextmanager
    def claimed(self, _notice: str) -> Iterator[bool]:
        yield True


def notifier(client: Any) -> SnsNotifier:
    return SnsNotifier(client, topic_arn=TOPIC, send_once=AllOurs())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "sent"),
    [
        ("RFT run a: FAILED", "RFT run a: FAILED"),
        ("x" * 250, "x" * 97 + "..."),
        ("two\nlines\tand “quotes”", "two lines and ?quotes?"),
        ("a\x1b[2J\x00\u202eb", r"a\x1b[2J\x00\u202eb"),
    ],
)
def test_subjects_fit_sns(client: Any, subject: str, sent: str) -> None:
    with Stubber(client) as stubber:
        stubber.add_response("publish", {"MessageId": "1"}, {"TopicArn": TOPIC, "Subject": sent, "Message": ANY})
        notifier(client).publish("n", subject, {})


def test_the_message_is_json(client: Any) -> None:
    message = {"run_id": "a", "cause": "line 1\n“line 2”", "job_arn": None}
    with Stubber(client) as stubber:
        expected = {"TopicArn": TOPIC, "Subject": "s", "Message": json.dumps(message, indent=2)}
        stubber.add_response("publish", {"MessageId": "1"}, expected)
        notifier(client).publish("n", "s", message)


@pytest.mark.parametrize(
    "message",
    [
        {"problems": ["\U0001f600" * 5_000] * 4_500},
        {"cause": "x" * 1_000_000, "key": "ü" * 1024},
        {"deep": {"problems": ["\ud800"] * 10_000, "texts": ["\n" * 9_000] * 49}},
    ],
    ids=["many problems", "one long text", "surrogates and newlines"],
)
def test_a_message_of_any_size_is_cut_to_what_sns_takes(message: dict[str, Any]) -> None:
    text = message_text(message)
    assert len(text.encode()) <= 262_144
    assert " more" in text


@pytest.mark.parametrize("code", ["Throttled", "KMSThrottling"])
def test_throttling_is_retryable(client: Any, code: str) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("publish", code, http_status_code=400)
        with pytest.raises(RetryableThrottling):
            notifier(client).publish("n", "s", {})
