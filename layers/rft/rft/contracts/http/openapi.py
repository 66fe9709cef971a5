"""Completes the OpenAPI document generated from the routes: adds JSON Schema limits and examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""Pydantic constraint names that remain in schemas of fields with custom validators → JSON Schema keywords."""


class ApiDescription(BaseModel):
    """The API's description in OpenAPI 3.1 format."""

    model_config = ConfigDict(extra="allow")

    openapi: str = Field(description="OpenAPI version of this document.")
    info: dict[str, Any] = Field(description="Title, version and licence.")
    paths: dict[str, Any] = Field(description="All paths with their operations.")
    components: dict[str, Any] = Field(description="Models and security schemes.")


DESCRIPTIONS = Path(__file__).with_name("descriptions.txt")

EXAMPLE_RUN_ID = "pandalm-judge-20261120t132418-7793cafb"
DATASET = {"task": "pandalm", "uri": "s3://data-bucket/datasets/pandalm/comparisons.json"}
REQUESTS: dict[str, dict[str, Any]] = {
    "startRun": {
        "minimal": {"name": "pandalm-judge", "dataset": DATASET},
        "chosen": {
            "name": "pandalm-judge",
            "dataset": {**DATASET, "split": {"train": 0.8, "validation": 0.1, "test": 0.1}},
            "grader": {"name": "pandalm"},
            "hyperparameters": {"epochCount": 2, "learningRate": 5e-5},
            "mode": "preflight",
            "tags": {"team": "search"},
        },
    },
    "approveRun": {
        "approved": {"approved": True, "by": "Ada Lovelace", "comment": "numbers look right"},
        "rejected": {"approved": False, "by": "Ada Lovelace", "comment": "the budget is used up"},
    },
}
"""Operation → name of an example → body."""
ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "startRun": (
        "202",
        {
            "run_id": EXAMPLE_RUN_ID,
            "status": "PENDING",
            "links": {"self": f"/runs/{EXAMPLE_RUN_ID}", "events": f"/runs/{EXAMPLE_RUN_ID}/events"},
        },
    ),
}
PARAMETERS: dict[str, Any] = {
    "run_id": EXAMPLE_RUN_ID,
    "name": "pandalm-judge",
    "tag": "team=search",
    "Idempotency-Key": "nightly-2026-11-20",
}
_REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')


def complete_document(document: dict[str, Any]) -> dict[str, Any]:
    """Completes the document in place: valid, with examples, and without unreferenced models."""
    _rename_limits(document)
    schemas = document["components"]["schemas"]
    for operation in _operations(document):
        answers = operation["responses"]
        for status in [status for status, answer in answers.items() if not _references(answer) <= schemas.keys()]:
            del answers[status]  # the framework's error model, which this API never sends
        _add_examples(operation)
    _drop_unused(document)
    _describe_properties(schemas)
    return document


def read_descriptions() -> dict[str, str]:
    """Reads descriptions for properties that declare none: property or `Model.property` → description."""
    lines = (line.partition(": ") for line in DESCRIPTIONS.read_text("utf-8").splitlines())
    return {name: text for name, _, text in lines}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from (operation for operation in path.values() if "responses" in operation)


def _rename_limits(part: Any) -> None:
    if isinstance(part, list):
        for each in part:
            _rename_limits(each)
    elif isinstance(part, dict):
        for name in [name for name in part if name in LIMITS and isinstance(part[name], int | float)]:
            part[LIMITS[name]] = part.pop(name)
        for each in part.values():
            _rename_limits(each)


def _add_examples(operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    if name in REQUESTS:
        content = operation["requestBody"]["content"]["application/json"]
        content["examples"] = {title: {"value": body} for title, body in REQUESTS[name].items()}
    if name in ANSWERS:
        status, body = ANSWERS[name]
        operation["responses"][status]["content"]["application/json"]["example"] = body
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in PARAMETERS:
            parameter["example"] = PARAMETERS[parameter["name"]]


def _describe_properties(schemas: dict[str, Any]) -> None:
    texts = read_descriptions()
    for model, schema in schemas.items():
        for name, part in schema.get("properties", {}).items():
            text = texts.get(f"{model}.{name}", texts.get(name))
            if text and "description" not in part:
                part["description"] = text


def _drop_unused(document: dict[str, Any]) -> None:
    """Removes unreferenced models repeatedly, because a removed model may hold the last reference to another."""
    schemas = document["components"]["schemas"]
    while unused := schemas.keys() - _references(document):
        for name in unused:
            del schemas[name]


def _references(part: Any) -> set[str]:
    return set(_REFERENCE.findall(json.dumps(part)))
