"""Lambda's versions and aliases: published versions do not change when the function does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.functions.code import zip_folder
from tests.kit.waiting import eventually

pytestmark = pytest.mark.emulator

CODE = """
import os


def handler(event, context):
    if event.get("print"):
        print(event["print"], "by {text}")
    version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    return {{"text": "{text}", "mood": os.environ.get("MOOD"), "version": version, "arn": context.invoked_function_arn}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    """Return a callable that creates a function's folder; the handler returns the given text."""

    def make(text: str) -> Path:
        made = tmp_path / text
        made.mkdir()
        (made / "app.py").write_text(CODE.format(text=text))
        return made

    return make


def invoke(aws: Emulator, name: str, **more: str) -> dict[str, Any]:
    reply = aws.client("lambda").invoke(FunctionName=name, Payload=b"{}", **more)
    assert "FunctionError" not in reply
    answer: dict[str, Any] = json.loads(reply["Payload"].read())
    assert reply["ExecutedVersion"] == answer["version"]
    return answer


def test_a_version_keeps_its_code_and_environment(aws: Emulator, folder: Callable[[str], Path]) -> None:
    client, arn = aws.client("lambda"), aws.add_function("kept", folder("old"), environment={"MOOD": "calm"})
    first = client.publish_version(FunctionName="kept")
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{arn}:1")
    client.update_function_code(FunctionName="kept", ZipFile=zip_folder(folder("new")))
    client.update_function_configuration(FunctionName="kept", Environment={"Variables": {"MOOD": "wild"}}, Timeout=30)
    expected = {"text": "old", "mood": "calm", "version": "1", "arn": f"{arn}:1"}
    assert invoke(aws, f"{arn}:1") == invoke(aws, "kept", Qualifier="1") == expected
    assert invoke(aws, "kept") == {"text": "new", "mood": "wild", "version": "$LATEST", "arn": arn}
    shown = client.get_function_configuration(FunctionName="kept", Qualifier="1")
    assert (shown["Timeout"], shown["CodeSha256"]) == (60, first["CodeSha256"])
    assert client.get_function_configuration(FunctionName="kept")["CodeSha256"] != first["CodeSha256"]


def test_publishing_an_unchanged_function_returns_the_last_version(
    aws: Emulator, folder: Callable[[str], Path]
) -> None:
    client = aws.client("lambda")
    aws.add_function("same", folder("same"))
    first, again = (client.publish_version(FunctionName="same") for _ in range(2))
    assert (first["Version"], first["CodeSha256"]) == (again["Version"], again["CodeSha256"])
    client.update_function_configuration(FunctionName="same", MemorySize=256)
    second = client.publish_version(FunctionName="same")
    assert second["Version"] == "2"
    assert second["CodeSha256"] == first["CodeSha256"]
    listed = client.list_versions_by_function(FunctionName="same")["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1", "2"]


def test_an_alias_runs_its_version(aws: Emulator, folder: Callable[[str], Path]) -> None:
    client, arn = aws.client("lambda"), aws.add_function("aliased", folder("one"))
    client.publish_version(FunctionName="aliased")
    client.create_alias(FunctionName="aliased", Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName="aliased", ZipFile=zip_folder(folder("two")))
    assert invoke(aws, f"{arn}:live") == {"text": "one", "mood": None, "version": "1", "arn": f"{arn}:live"}
    client.publish_version(FunctionName="aliased")
    client.update_alias(FunctionName="aliased", Name="live", FunctionVersion="2")
    assert invoke(aws, "aliased:live")["text"] == "two"
    assert client.get_alias(FunctionName="aliased", Name="live")["FunctionVersion"] == "2"
    client.invoke(FunctionName=f"{arn}:1", InvocationType="Event", Payload=b'{"print": "asynchronous"}')
    eventually(lambda: "asynchronous by one" in aws.logs("aliased"))


@pytest.mark.parametrize("name", ["Probe:7", "Probe:nobody", "nobody", "nobody:1"])
def test_an_unknown_version_or_alias_is_not_found(aws: Emulator, name: str) -> None:
    with pytest.raises(ClientError) as refused:
        aws.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_version_is_published_only_if_the_code_hash_matches(aws: Emulator) -> None:
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.PreconditionFailedException):
        client.publish_version(FunctionName="Probe", CodeSha256="c29tZXRoaW5nIGVsc2U=")


def test_a_function_created_through_the_api_runs(aws: Emulator, folder: Callable[[str], Path]) -> None:
    role = aws.client("lambda").get_function_configuration(FunctionName="Probe")["Role"]
    made = {"FunctionName": "fresh", "Role": role, "Runtime": "python3.13", "Handler": "app.handler"}
    aws.client("lambda").create_function(**made, Code={"ZipFile": zip_folder(folder("fresh"))})
    assert invoke(aws, "fresh")["text"] == "fresh"
    aws.client("lambda").delete_function(FunctionName="fresh")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        invoke(aws, "fresh")
