"""Size and format limits of AWS that moto does not enforce. Moto enforces DynamoDB's limit of 400 KB per item."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs

from emulator.functions.spec import check_environment
from emulator.http.operations import Operation
from emulator.http.replies import AwsError

MAX_MESSAGE_BYTES = 262_144
"""Maximum SNS message (Amazon SNS API Reference, Publish: 256 KB)."""
SUBJECT = re.compile(r"[!-~][ -~]{0,99}")
"""SNS subject (same source): ASCII text that begins with a letter, number or punctuation mark, without line breaks or
control characters, less than 101 characters long."""

MAX_DIGITS = 38
MAX_EXPONENT, MIN_EXPONENT = 125, -130
"""DynamoDB numbers (Developer Guide, data types): 1E-130 to 9.99…E+125, up to 38 digits of precision."""


MAX_STATE_BYTES = 262_144
"""Maximum `input` of StartExecution and `output` of SendTaskSuccess (AWS Step Functions API Reference)."""
MAX_ENTRIES_BYTES = 262_144
TIME_BYTES = 14
"""Maximum total of a request (EventBridge User Guide, "Calculating PutEvents event entry size": 256 KB)."""
STATE_DATA = {"StartExecution": "input", "StartSyncExecution": "input", "SendTaskSuccess": "output"}
FUNCTION_CHANGES = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})


def check_limits(operation: Operation, body: bytes) -> None:
    """Raise AwsError, with AWS's message, for a request that exceeds a limit."""
    if (operation.service, operation.name) == ("sns", "Publish"):
        _check_message(parse_qs(body.decode(), keep_blank_values=True))
    elif operation.service == "states" and operation.name in STATE_DATA:
        _check_state_data(STATE_DATA[operation.name], json.loads(body))
    elif (operation.service, operation.name) == ("events", "PutEvents"):
        _check_entries(json.loads(body).get("Entries", []))
    elif operation.service == "lambda" and operation.name in FUNCTION_CHANGES:
        _check_variables(json.loads(body))
    elif operation.service == "dynamodb":
        for number in _numbers(json.loads(body)):
            _check_number(number)


def _check_message(fields: dict[str, list[str]]) -> None:
    subject = fields.get("Subject")
    if subject is not None and not SUBJECT.fullmatch(subject[0]):
        raise AwsError("InvalidParameter", 400, "Invalid parameter: Subject")
    if len(fields.get("Message", [""])[0].encode()) > MAX_MESSAGE_BYTES:
        raise AwsError("InvalidParameter", 400, "Invalid parameter: Message too long")


def _check_entries(entries: list[dict[str, Any]]) -> None:
    sized = ("Source", "DetailType", "Detail")
    size = sum(TIME_BYTES * ("Time" in entry) for entry in entries)
    size += sum(len(entry.get(name, "").encode()) for entry in entries for name in sized)
    if size > MAX_ENTRIES_BYTES:
        raise _refusal("Total size of the entries in the request is over the limit.")
    if any(entry.get("Source", "").startswith("aws.") for entry in entries):
        raise AwsError("NotAuthorizedForSourceException", 400, "Not authorized for the source.")


def _check_state_data(member: str, request: dict[str, Any]) -> None:
    if len(request.get(member, "").encode()) > MAX_STATE_BYTES:
        raise _refusal(
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_STATE_BYTES}"
        )


def _check_variables(request: dict[str, Any]) -> None:
    try:
        check_environment(request.get("Environment", {}).get("Variables", {}))
    except ValueError as error:
        raise AwsError("InvalidParameterValueException", 400, str(error)) from error


def _numbers(value: Any) -> Iterator[str]:
    """Yield each number attribute in a request, at any depth."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(number := value.get("N"), str):
            yield number
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from _numbers(part)


def _check_number(text: str) -> None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _refusal(f"The parameter cannot be converted to a numeric value: {text}")
    if len("".join(map(str, number.as_tuple().digits)).strip("0")) > MAX_DIGITS:
        raise _refusal("Attempting to store more than 38 significant digits in a Number")
    if number and number.adjusted() > MAX_EXPONENT:
        raise _refusal("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if number and number.adjusted() < MIN_EXPONENT:
        raise _refusal("Number underflow. Attempting to store a number with magnitude smaller than supported range")


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationException", 400, message)
