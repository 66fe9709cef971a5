"""Resolves a run's pinned judge and audit judge by the run_id of its rows. Takes ports: the object store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rft.contracts.grading import AUDIT
from rft.errors import GraderConfigUnreadable
from rft.grading.run_rubrics import AUDIT_JUDGE, JUDGE, config_key
from rft.ports.storage import ObjectStore
from rft.rewards.samples import row_fields, sample_run_id

MAX_CONFIG_BYTES = 1_048_576


def audit_judge(event: object) -> str:
    """The model id of the audit judge of a batch; '' unless all of its samples name the same one."""
    # The key is reserved, so no dataset's row can set it.
    named = [row_fields(raw).get(AUDIT) for raw in event] if isinstance(event, list) else []
    first = named[0] if named else None
    return first if isinstance(first, str) and all(each == first for each in named) else ""


@dataclass(frozen=True)
class RunJudges:
    """Caches the judges of each run, which never change during the run."""

    open_store: Callable[[], ObjectStore]
    _known: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, event: object) -> str | None:
        """The ARN of the deployment that judges this batch; None for the stack's own judges.

        Raises GraderConfigUnreadable, also if a batch mixes runs with different judges, and the Retryable… errors.
        """
        found = self._named(event, JUDGE)
        if len(found) > 1:
            raise GraderConfigUnreadable("a batch holds rows of runs with different judges: send each run's on its own")
        return found.pop() if found else None

    def audit_of(self, event: object) -> str | None:
        """The model id of the run's audit judge; None without one, or if the batch mixes runs with different ones.

        Raises the same errors as `of`.
        """
        found = self._named(event, AUDIT_JUDGE)
        return found.pop() if len(found) == 1 else None

    def _named(self, event: object, judge: str) -> set[str | None]:
        run_ids = {run_id for raw in (event if isinstance(event, list) else ()) if (run_id := sample_run_id(raw))}
        return {str(name) if (name := self._config(run_id).get(judge)) else None for run_id in run_ids}

    def _config(self, run_id: str) -> Mapping[str, Any]:
        if run_id not in self._known:
            store = self.open_store()
            body = store.find_bytes(store.uri(config_key(run_id)), most=MAX_CONFIG_BYTES)
            self._known[run_id] = _read(body, run_id) if body is not None else {}
        return self._known[run_id]


def _read(body: bytes, run_id: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise GraderConfigUnreadable(f"{config_key(run_id)} is not a JSON object") from error
    if not isinstance(found, dict):
        raise GraderConfigUnreadable(f"{config_key(run_id)} is not a JSON object")
    return found
