"""Builds and validates the body of `POST /runs` from a file and options."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rft.contracts.experiments.request import ExperimentRequest
from rft.contracts.http.validation_messages import validation_messages
from rft.contracts.run_request import RunRequest
from rft.errors import InvalidRequest
from rft.tasks import task as task_named
from rft_client.errors import RftClientError
from rft_client.upload import is_local, unreadable_file

Request = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """A safe YAML loader that parses 5e-5 as a number, as JSON and YAML 1.2 do, and dates as text."""


MAX_NODES = 10_000
"""Maximum values in a request after expansion of YAML aliases, against exponential expansion."""


def _check_size(request: object) -> None:
    """Raises ValueError for a request with too many values or a cycle."""
    sizes: dict[int, int] = {}

    def size(value: object) -> int:
        if not isinstance(value, dict | list):
            return 1
        if id(value) not in sizes:
            sizes[id(value)] = MAX_NODES  # until computed, so that cycles exceed the limit
            parts = value.values() if isinstance(value, dict) else value
            sizes[id(value)] = 1 + sum(map(size, parts))
        return sizes[id(value)]

    if size(request) > MAX_NODES:
        raise ValueError(f"it stands for more than {MAX_NODES:,} values")


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_request(path: Path) -> Request:
    """Reads a request from a JSON or YAML file; a dataset's path must be relative to the file and inside its folder.

    Raises RftClientError.
    """
    try:
        text = path.read_text(encoding="utf-8")
        request = json.loads(text) if path.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
        _check_size(request)
    except OSError as error:
        raise unreadable_file(path, error) from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise RftClientError(f"{path} is not {_format(path)}: {' '.join(str(error).split())}") from error
    if not isinstance(request, dict):
        raise RftClientError(f"{path} must contain one request: an object with name and dataset")
    return _with_dataset_path(path, request)


def with_fields(request: Mapping[str, Any], changes: Iterable[tuple[str, Any]]) -> Request:
    """Sets each dotted path to its value. Raises RftClientError if a path traverses a value that is not an object."""
    changed: Request = json.loads(json.dumps(request, default=str))
    for path, value in changes:
        part = changed
        *parents, last = path.split(".")
        for name in parents:
            if part.get(name) is None:
                part[name] = {}
            part = part[name]
            if not isinstance(part, dict):
                raise RftClientError(f"Cannot set {path}: {name} is not an object in this request")
        part[last] = value
    return changed


def parse_assignment(text: str) -> tuple[str, Any]:
    """Parses `path=value`; a value that is not valid JSON is text. Raises RftClientError."""
    path, equals, value = text.partition("=")
    if not (path and equals):
        raise RftClientError(f"--set {text}: use PATH=VALUE, for example hyperparameters.epochCount=2")
    try:
        return path, json.loads(value)
    except (ValueError, RecursionError):
        return path, value


def validated(request: Mapping[str, Any]) -> Request:
    """Validates a request against the API's contract. Raises RftClientError naming all invalid fields."""
    try:
        task_named(RunRequest.model_validate_json(json.dumps(request)).dataset.task)
    except ValidationError as error:
        raise RftClientError("Invalid request: " + validation_messages(error, "request")) from error
    except InvalidRequest as error:
        raise RftClientError(f"Invalid request: {error}") from error
    return dict(request)


def read_experiment(path: Path) -> Request:
    """Reads an experiment from a JSON or YAML file; its base's dataset path is restricted as in `read_request`.

    Raises RftClientError.
    """
    request = read_request(path)
    base = request.get("base")
    return {**request, "base": _with_dataset_path(path, base)} if isinstance(base, dict) else request


def validated_experiment(request: Mapping[str, Any]) -> Request:
    """Validates an experiment against the API's contract. Raises RftClientError naming all invalid fields."""
    try:
        ExperimentRequest.model_validate_json(json.dumps(request))
    except ValidationError as error:
        raise RftClientError("Invalid experiment: " + validation_messages(error, "experiment")) from error
    return dict(request)


def _with_dataset_path(path: Path, request: Request) -> Request:
    dataset = request.get("dataset")
    uri = dataset.get("uri") if isinstance(dataset, dict) else None
    if not isinstance(uri, str) or not is_local(uri):
        return request
    _check_below(path, uri)
    return with_fields(request, [("dataset.uri", str(path.parent / uri))])


def _check_below(path: Path, uri: str) -> None:
    """Requires the dataset inside the request's folder after resolving links, so that no other file can be uploaded."""
    try:
        below = (path.parent / uri).resolve().is_relative_to(path.parent.resolve())
    except (OSError, ValueError, RuntimeError) as error:  # a null character, or a cycle of links
        raise RftClientError(f"{path}: dataset.uri is no path: {error}") from error
    if not below:
        raise RftClientError(
            f"{path}: dataset.uri names {uri}, outside this file's folder; to upload that file, use --dataset"
        )


def _format(path: Path) -> str:
    return "JSON" if path.suffix == ".json" else "YAML"
