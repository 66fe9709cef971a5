"""An experiment's arms: the base request with each arm's overrides. Pure."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from rft.contracts.experiments.request import (
    MAX_ARM_NAME,
    ArmRequest,
    ChoiceRange,
    ExperimentRequest,
    NumberRange,
)
from rft.contracts.http.validation_messages import validation_messages
from rft.contracts.run_request import RunRequest
from rft.errors import InvalidRequest

PREPARED_BY = ("base_model", "dataset", "grader", "smoke_test")
"""Request sections that determine row preparation and the smoke test; arms with equal sections share both."""

MAX_CHANGES = 100_000
"""Maximum characters of all arms' overrides: the record lists them, and a DynamoDB item is limited to 400 KB."""


def arm_requests(request: ExperimentRequest) -> dict[str, RunRequest]:
    """Returns requests by arm name. Raises InvalidRequest, which names the arm and its field."""
    arms, found = list(_arms(request)), dict[str, RunRequest]()
    size = sum(len(arm.model_dump_json()) for arm in arms)
    if size > MAX_CHANGES:
        raise InvalidRequest(f"changes of all arms have {size:,} characters (max {MAX_CHANGES:,})", field="arms")
    for arm in arms:
        if arm.name in found:
            raise InvalidRequest(f"arm name {arm.name} is used twice", field="arms")
        found[arm.name] = _with_changes(request.base, arm)
    return found


def preparation_key(request: RunRequest) -> str:
    """A key that is equal for arms with the same rows and grader."""
    parts = {name: request.model_dump(mode="json")[name] for name in PREPARED_BY}
    return json.dumps(parts, sort_keys=True)


def _arms(request: ExperimentRequest) -> Iterator[ArmRequest]:
    if request.arms is not None:
        yield from request.arms
    elif request.grid is not None:
        for number, values in enumerate(itertools.product(*request.grid.values()), 1):
            changes = dict(zip(request.grid, values, strict=True))
            yield ArmRequest(name=_name(changes) or f"grid-{number:02d}", changes=changes)
    elif request.random is not None:
        rng = random.Random(request.random.seed)  # noqa: S311 - a repeatable choice, no secret
        for number in range(1, request.random.count + 1):
            changes = {path: _drawn(rng, space) for path, space in request.random.space.items()}
            yield ArmRequest(name=f"random-{number:02d}", changes=changes)


def _name(changes: Mapping[str, Any]) -> str:
    """A grid arm's name, such as `learningRate=5e-05,batchSize=32`; '' if the changes form no valid name."""
    text = ",".join(f"{path.rpartition('.')[2]}={_short(value)}" for path, value in changes.items())
    return text if len(text) <= MAX_ARM_NAME and text.isascii() and text.isprintable() else ""


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _drawn(rng: random.Random, space: NumberRange | ChoiceRange) -> Any:
    if isinstance(space, ChoiceRange):
        return rng.choice(space.values)
    log = space.scale == "log"
    low, high = (math.log(space.low), math.log(space.high)) if log else (space.low, space.high)
    drawn = rng.uniform(low, high)
    value = math.exp(drawn) if log else drawn
    return round(value) if space.integer else float(f"{value:.3g}")


def _with_changes(base: RunRequest, arm: ArmRequest) -> RunRequest:
    fields = base.model_dump(mode="json", exclude_unset=True)
    for path, value in arm.changes.items():
        *parents, last = path.split(".")
        part = fields
        for name in parents:
            below = part.get(name)
            part[name] = dict(below) if isinstance(below, dict) else {}
            part = part[name]
        part[last] = value
    try:
        return RunRequest.model_validate(fields)
    except ValidationError as error:
        raise InvalidRequest(f"arm {arm.name}: {validation_messages(error, 'request')}", field="arms") from error


def changes_of(request: ExperimentRequest, name: str) -> dict[str, Any]:
    return next(arm.changes for arm in _arms(request) if arm.name == name)
