"""Dead-letter topics and queues of asynchronous invocations."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from emulator.functions.spec import FunctionSpec

LOG = logging.getLogger("emulator.functions")

ClientOf = Callable[[str], Any]
"""Returns a boto3 client for a service."""


class DeadLetters:
    """Sends with the credentials of the function's role; `clients_of` returns clients for role ARN and session name."""

    def __init__(self, clients: ClientOf, clients_of: Callable[[str, str], ClientOf]) -> None:
        self._clients = clients
        self._clients_of = clients_of

    def send(self, function: FunctionSpec, payload: bytes) -> None:
        """Send the event to the function's dead-letter topic or queue; it is dropped if the role may not send."""
        arn = function.dead_letter_arn or ""
        own, name = self._clients_of(function.role_arn, function.name), arn.rsplit(":", 1)[-1]
        try:
            if arn.split(":")[2] == "sns":
                own("sns").publish(TopicArn=arn, Message=payload.decode())
            else:
                url = self._clients("sqs").get_queue_url(QueueName=name)["QueueUrl"]
                own("sqs").send_message(QueueUrl=url, MessageBody=payload.decode())
        except ClientError as error:
            LOG.error("%s: event not sent to the dead-letter target: %s", function.name, error)  # noqa: TRY400 - no bug of ours
