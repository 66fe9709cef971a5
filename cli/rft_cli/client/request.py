"""A run's request: from a file and options to the body of `POST /runs`, checked before anything is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rft.contracts.http.validation_messages import validation_messages
from rft.contracts.run_request import RunRequest
from rft.errors import InvalidRequest
from rft.tasks import task as task_named
from rft_cli.client.upload import is_local, unreadable_file
from rft_cli.errors import CommandError

Request = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML whose 5e-5 is a number, as in JSON and YAML 1.2, and whose dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_request(path: Path) -> Request:
    """The request in a JSON or YAML file; a dataset's path in it is relative to the file. Raises CommandError."""
    try:
        text = path.read_text(encoding="utf-8")
        request = json.loads(text) if path.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise unreadable_file(path, error) from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise CommandError(f"{path} is not {_format(path)}: {' '.join(str(error).split())}") from error
    if not isinstance(request, dict):
        raise CommandError(f"{path} must contain one request: an object with name and dataset")
    return _with_dataset_path(path, request)


def with_fields(request: Mapping[str, Any], changes: Iterable[tuple[str, Any]]) -> Request:
    """The request with each dotted path set to its value. Raises CommandError for a path through something else."""
    changed: Request = json.loads(json.dumps(request, default=str))
    for path, value in changes:
        part = changed
        *parents, last = path.split(".")
        for name in parents:
            if part.get(name) is None:
                part[name] = {}
            part = part[name]
            if not isinstance(part, dict):
                raise CommandError(f"Cannot set {path}: {name} is not an object in this request")
        part[last] = value
    return changed


def parse_assignment(text: str) -> tuple[str, Any]:
    """`path=value`, where the value is JSON or else text. Raises CommandError."""
    path, equals, value = text.partition("=")
    if not (path and equals):
        raise CommandError(f"--set {text}: use PATH=VALUE, for example hyperparameters.epochCount=2")
    try:
        return path, json.loads(value)
    except (ValueError, RecursionError):
        return path, value


def validated(request: Mapping[str, Any]) -> Request:
    """The request, validated against the API's contract. Raises CommandError naming every invalid field."""
    try:
        task_named(RunRequest.model_validate_json(json.dumps(request)).dataset.task)
    except ValidationError as error:
        raise CommandError("Invalid request: " + validation_messages(error, "request")) from error
    except InvalidRequest as error:
        raise CommandError(f"Invalid request: {error}") from error
    return dict(request)


def _with_dataset_path(path: Path, request: Request) -> Request:
    dataset = request.get("dataset")
    uri = dataset.get("uri") if isinstance(dataset, dict) else None
    local = isinstance(uri, str) and is_local(uri)
    return with_fields(request, [("dataset.uri", str(path.parent / str(uri)))]) if local else request


def _format(path: Path) -> str:
    return "JSON" if path.suffix == ".json" else "YAML"
