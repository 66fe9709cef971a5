"""Loads the rubric in each run's request. Takes ports: the object store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from rft.errors import DatasetNotFound, GraderConfigUnreadable
from rft.ports.storage import ObjectStore
from rft.rewards.rubric import Rubric, read_rubric

if TYPE_CHECKING:  # keeps the request models out of a grader's imports
    from rft.contracts.run_request import RunRequest

JUDGE, AUDIT_JUDGE = "judge", "audit_judge"
"""Fields of `runs/<run_id>/grader.json`: the deployment that judges, and the model id of training's audit judge."""

JUDGES = frozenset({JUDGE, AUDIT_JUDGE})


def config_key(run_id: str) -> str:
    return f"runs/{run_id}/grader.json"


def run_config(request: RunRequest, **judge: str) -> bytes:
    """The content of `runs/<run_id>/grader.json`: `grader.config` and the judges; b'' if the run has none of them."""
    config = request.grader.config if request.grader else None
    found = {**(config.model_dump(mode="json") if config else {}), **judge}
    if request.evaluation.audit_judge:
        found[AUDIT_JUDGE] = request.evaluation.audit_judge
    return json.dumps(found).encode() if found else b""


@dataclass(frozen=True)
class RunRubrics:
    """Caches each run's rubric, which never changes."""

    open_store: Callable[[], ObjectStore]
    _known: dict[str, Rubric] = field(default_factory=dict)

    def load(self, run_ids: Iterable[str]) -> None:
        """Raises GraderConfigUnreadable: without its rubric, a run's scores would be meaningless."""
        for run_id in run_ids:
            if run_id not in self._known:
                self._known[run_id] = self._read(run_id)

    def get(self, run_id: str) -> Rubric | None:
        """The run's rubric; None if it was not loaded."""
        return self._known.get(run_id)

    def _read(self, run_id: str) -> Rubric:
        store = self.open_store()
        try:
            return read_rubric(_without_judges(store.get_bytes(store.uri(config_key(run_id))).decode()))
        except DatasetNotFound as error:
            raise GraderConfigUnreadable(
                f"{config_key(run_id)} cannot be read: give the run a grader.config, or each row its own rubric"
            ) from error
        except (ValidationError, UnicodeDecodeError) as error:
            raise GraderConfigUnreadable(f"{config_key(run_id)} is not a rubric") from error


def _without_judges(text: str) -> str:
    """The config without the judges, which are in the same file. The rubric's parser validates other values."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if not isinstance(found, dict) or found.keys().isdisjoint(JUDGES):
        return text
    return json.dumps({name: value for name, value in found.items() if name not in JUDGES})
