"""Collects all outputs and stored data of an emulated stack as (place, text)."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import signal
from collections.abc import Iterator, Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from emulator import Emulator
from rft_cli.app import main
from tests.kit.hostile_text import strings_in

GZIP = b"\x1f\x8b"
OWN_CODES = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]\r?|\r?(\x1b\[1A)?\x1b\[2K")
"""Escape sequences that the CLI itself writes: colours and progress bars."""

Found = Iterator[tuple[str, str]]
"""Pairs of (place, text)."""


def log_lines(aws: Emulator) -> Found:
    """Yield all lines of all log groups."""
    logs = aws.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
            yield from ((f"log {name}", event["message"]) for event in page["events"])


def published(aws: Emulator) -> Found:
    """Yield subject and texts of all messages of the topic, and the bodies of dead-lettered events."""
    for each in aws.messages():
        yield "subject", each["subject"] or ""
        yield from (("message", text) for text in strings_in(each["message"]))
    sqs = aws.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        yield from ((f"queue {url.rpartition('/')[2]}", each["Body"]) for each in received)


def items(aws: Emulator) -> Found:
    """Yield all strings of all items of all tables."""
    dynamodb, read = aws.client("dynamodb"), TypeDeserializer().deserialize
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                texts = strings_in(_plain({name: read(value) for name, value in item.items()}))
                yield from ((f"table {table}", text) for text in texts)


def objects(aws: Emulator) -> Found:
    """Yield key and decompressed text of all objects of the data bucket."""
    s3 = aws.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=aws.bucket):
        for each in page.get("Contents", []):
            body = s3.get_object(Bucket=aws.bucket, Key=each["Key"])["Body"].read()
            yield each["Key"], (gzip.decompress(body) if body.startswith(GZIP) else body).decode(errors="replace")


def screen(*arguments: str) -> str:
    """Return the output of `rft` on a terminal (stdout and stderr), without its own escape sequences."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream), contextlib.suppress(SystemExit):
        main(arguments)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    return OWN_CODES.sub("", stream.getvalue())


def terminal(aws: Emulator) -> dict[str, str]:
    """Return the environment of a terminal with 80 columns in which `rft` uses this stack."""
    return {
        "RFT_API_URL": aws.api_url,
        "RFT_BUCKET": aws.bucket,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_REGION": aws.region,
        "AWS_ACCESS_KEY_ID": aws.credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": aws.credentials.secret_key,
        "FORCE_COLOR": "1",
        "COLUMNS": "80",
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | set):
        return [_plain(part) for part in value]
    return value if isinstance(value, str) else json.dumps(value, default=str)
