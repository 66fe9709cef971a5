"""Size and format limits of AWS that moto does not enforce. Moto enforces DynamoDB's limit of 400 KB per item."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs

from emulator.functions.spec import check_environment
from emulator.http.expressions import Tables, check_expressions
from emulator.http.operations import Operation
from emulator.http.replies import AwsError
from emulator.http.request_rules import input_shape, violations

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
EXECUTION_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
"""Execution name (Step Functions API Reference, StartExecution): no white space, brackets, wildcards, special or
control characters."""
MAX_KEY_BYTES = 1024
MAX_METADATA_BYTES = 2048
"""Maximum bytes of key and metadata (S3 User Guide, "Naming Amazon S3 objects", "Working with object metadata")."""
MODELLED = {
    "dynamodb": "dynamodb",
    "states": "stepfunctions",
    "events": "events",
    "logs": "logs",
    "secretsmanager": "secretsmanager",
}
"""Signing name → botocore model, of services with a JSON protocol."""
FUNCTION_CHANGES = frozenset({"CreateFunction", "UpdateFunctionConfiguration"})


def check_limits(operation: Operation, headers: Mapping[str, str], body: bytes, tables: Tables) -> None:
    """Raise AwsError, with AWS's message, for a request that AWS would reject. Header names are in lower case."""
    if operation.service in MODELLED and operation.json_protocol:
        _check_model(operation, json.loads(body))
    if (operation.service, operation.name) == ("sns", "Publish"):
        _check_message(parse_qs(body.decode(), keep_blank_values=True))
    elif operation.service == "states":
        _check_execution(operation.name, json.loads(body))
    elif (operation.service, operation.name) == ("events", "PutEvents"):
        check_entries(json.loads(body).get("Entries", []))
    elif operation.service == "lambda" and operation.name in FUNCTION_CHANGES:
        _check_variables(json.loads(body))
    elif operation.service == "dynamodb":
        _check_items(operation, json.loads(body), tables)
    elif operation.service == "s3" and operation.name in ("PutObject", "CreateMultipartUpload"):
        _check_object(operation.labels, headers)


def _check_model(operation: Operation, request: Any) -> None:
    shape = input_shape(operation.name, MODELLED[operation.service])
    problems = [] if shape is None else list(violations(request, shape))
    if problems:
        plural = "s" if len(problems) > 1 else ""
        code = "InvalidParameterException" if operation.service == "logs" else "ValidationException"
        raise AwsError(code, 400, f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")


def check_numbers(request: Any) -> None:
    """Raise AwsError for a number anywhere in a request that DynamoDB cannot store."""
    for number in _numbers(request):
        _check_number(number)


def _check_items(operation: Operation, request: dict[str, Any], tables: Tables) -> None:
    check_numbers(request)
    check_expressions(operation.name, request, tables)


def _check_object(labels: Sequence[str], headers: Mapping[str, str]) -> None:
    if len(labels[-1].encode()) > MAX_KEY_BYTES:
        raise AwsError("KeyTooLongError", 400, "Your key is too long")
    own = {name.removeprefix("x-amz-meta-"): value for name, value in headers.items() if name.startswith("x-amz-meta-")}
    if sum(len(name.encode()) + len(value.encode()) for name, value in own.items()) > MAX_METADATA_BYTES:
        raise AwsError("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size")


def _check_message(fields: dict[str, list[str]]) -> None:
    subject = fields.get("Subject")
    if subject is not None and not SUBJECT.fullmatch(subject[0]):
        raise AwsError("InvalidParameter", 400, "Invalid parameter: Subject")
    text = fields.get("Message", [""])[0]
    if not text:
        raise AwsError("InvalidParameter", 400, "Invalid parameter: Empty message")
    attributes = (values[0] for name, values in fields.items() if name.startswith("MessageAttributes."))
    if len(text.encode()) + sum(len(value.encode()) for value in attributes) > MAX_MESSAGE_BYTES:
        raise AwsError("InvalidParameter", 400, "Invalid parameter: Message too long")
    if fields.get("MessageStructure") == ["json"]:
        _check_forms(text)


def _check_forms(text: str) -> None:
    """Raise AwsError unless a message by protocol has a default."""
    try:
        forms = json.loads(text)
    except ValueError:
        forms = None
    problem = ""
    if not isinstance(forms, dict):
        problem = "JSON message body failed to parse"
    elif not isinstance(forms.get("default"), str):
        problem = "No default entry in JSON message body"
    if problem:
        raise AwsError("InvalidParameter", 400, f"Invalid parameter: Message Structure - {problem}")


def check_entries(entries: list[dict[str, Any]]) -> None:
    """Raise AwsError for PutEvents entries that exceed the total size limit or use an AWS source."""
    sized = ("Source", "DetailType", "Detail")
    size = sum(TIME_BYTES * ("Time" in entry) for entry in entries)
    size += sum(len(entry.get(name, "").encode()) for entry in entries for name in sized)
    if size > MAX_ENTRIES_BYTES:
        raise _refusal("Total size of the entries in the request is over the limit.")
    if any(entry.get("Source", "").startswith("aws.") for entry in entries):
        raise AwsError("NotAuthorizedForSourceException", 400, "Not authorized for the source.")


def _check_execution(operation: str, request: dict[str, Any]) -> None:
    if operation in STATE_DATA:
        _check_state_data(STATE_DATA[operation], request)
    name = request.get("name")
    if operation == "StartExecution" and name is not None and not EXECUTION_NAME.fullmatch(name):
        raise AwsError("InvalidName", 400, f"Invalid Name: '{name}'")


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
