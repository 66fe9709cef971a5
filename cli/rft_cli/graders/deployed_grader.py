"""Deploys a grader's file to the emulated AWS through the Lambda API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emulator import Emulator
from rft_cli.errors import CommandError
from rft_cli.graders.grader_arns import function_arn
from rft_cli.graders.grader_package import package_grader

TIMEOUT_SECONDS, MEGABYTES = 270, 1769
"""Same settings as the project's graders: below the smoke test's 300 s, with one full core."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def parse_graders(texts: Sequence[str]) -> dict[str, Path]:
    """Parses `NAME=FILE` items. Raises CommandError."""
    pairs = [text.partition("=") for text in texts]
    for name, equals, path in pairs:
        if not equals or not NAME.fullmatch(name) or not path.endswith(".py"):
            raise CommandError(f"--grader {name}: use NAME=FILE, with a file that ends in .py")
    return {name: Path(path) for name, _, path in pairs}


def with_invoke_rights(parameters: Mapping[str, str], names: Mapping[str, Path]) -> dict[str, str]:
    """Adds permissions to invoke these functions to the stack's parameters."""
    arns = [arn for arn in (parameters.get("ForeignGraderArns", ""), *map(function_arn, names)) if arn]
    return {**parameters, "ForeignGraderArns": ",".join(arns)} if names else dict(parameters)


def deploy_grader(aws: Emulator, name: str, path: Path) -> str:
    """The ARN of the new function; one of the same name, from a stored state, gets the new code.

    Raises CommandError.
    """
    package, client = package_grader(path), aws.client("lambda")
    like = client.get_function_configuration(FunctionName=aws.graders["format"])
    layers = [layer["Arn"] for layer in like.get("Layers", ())] if package.needs_layers else []
    existing = _configuration(client, name)
    if existing:
        client.update_function_code(FunctionName=name, ZipFile=package.archive)
        client.update_function_configuration(FunctionName=name, Handler=package.handler, Layers=layers)
        return str(existing["FunctionArn"])
    made = client.create_function(
        FunctionName=name,
        Role=like["Role"],
        Runtime="python3.13",
        Handler=package.handler,
        Code={"ZipFile": package.archive},
        Timeout=TIMEOUT_SECONDS,
        MemorySize=MEGABYTES,
        Layers=layers,
    )
    return str(made["FunctionArn"])


def _configuration(client: Any, name: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = client.get_function_configuration(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        return None
    return found
