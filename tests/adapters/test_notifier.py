from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from rft.adapters.notifier import SnsNotifier, message_text
from rft.contracts.outbound.topic_messages import TopicMessage
from rft.errors import RetryableThrottling

TOPIC = "arn:aws:sns:us-east-1:123456789012:outcomes"


@pytest.fixture
def client() -> Any:
    return boto3.client("sns", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


class AllOurs:
    """Messages that no other test reads."""

    @contextmanager
    def claimed(self, _notice: str) -> Iterator[bool]:
        yield True


def notifier(client: Any) -> SnsNotifier:
    return SnsNotifier(client, topic_arn=TOPIC, ends=("FAILED",), send_once=AllOurs())  # type: ignore[arg-type]


def message(facts: dict[str, Any] | None = None, *, subject: str = "s", text: str = "A run failed.") -> TopicMessage:
    return TopicMessage("n", subject, facts or {}, text)


@pytest.mark.parametrize(
    ("subject", "sent"),
    [
        ("RFT run a: FAILED", "RFT run a: FAILED"),
        ("x" * 250, "x" * 97 + "..."),
        ("two\nlines\tand “quotes”", "two lines and ?quotes?"),
        ("a\x1b[2J\x00\u202eb", r"a\x1b[2J\x00\u202eb"),
    ],
)
def test_subjects_are_valid_for_sns(client: Any, subject: str, sent: str) -> None:
    with Stubber(client) as stubber:
        stubber.add_response("publish", {"MessageId": "1"}, sent_with(sent))
        notifier(client).publish(message(subject=subject))


def sent_with(subject: str, text: Any = ANY) -> dict[str, Any]:
    return {"TopicArn": TOPIC, "Subject": subject, "Message": text, "MessageStructure": "json"}


def test_email_subscribers_get_text_and_all_others_json(client: Any) -> None:
    facts = {"run_id": "a", "cause": "line 1\n“line 2”", "job_arn": None}
    by_protocol = json.dumps({"default": json.dumps(facts, indent=2), "email": "A run failed."})
    with Stubber(client) as stubber:
        stubber.add_response("publish", {"MessageId": "1"}, sent_with("s", by_protocol))
        notifier(client).publish(message(facts))


@pytest.mark.parametrize(
    "facts",
    [
        {"problems": ["\U0001f600" * 5_000] * 4_500},
        {"cause": "x" * 1_000_000, "key": "ü" * 1024},
        {"deep": {"problems": ["\ud800"] * 10_000, "texts": ["\n" * 9_000] * 49}},
    ],
    ids=["many problems", "one long text", "surrogates and newlines"],
)
def test_a_message_of_any_size_is_cut_to_snss_limit(facts: dict[str, Any]) -> None:
    text = message_text(message(facts, text="\U0001f600" * 100_000))
    assert len(text.encode()) <= 262_144
    assert " more" in text


@pytest.mark.parametrize("code", ["Throttled", "KMSThrottling"])
def test_throttling_is_retryable(client: Any, code: str) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("publish", code, http_status_code=400)
        with pytest.raises(RetryableThrottling):
            notifier(client).publish(message())
