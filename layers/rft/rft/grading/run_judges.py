"""The judge that a run pinned, by the run_id of its rows. Takes ports: the object store."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from rft.contracts.grading import AUDIT
from rft.errors import GraderConfigUnreadable
from rft.grading.run_rubrics import config_key
from rft.ports.storage import ObjectStore
from rft.rewards.samples import row_fields, sample_run_id

MAX_CONFIG_BYTES = 1_048_576
JUDGE = "judge"
"""The field of `runs/<run_id>/grader.json` that has the judge's deployment."""


def audit_judge(event: object) -> str:
    """The model id of the judge that is to audit the batch; '' where it is not one that all of its samples name.

    No dataset's row can name one: the key is reserved.
    """
    named = [row_fields(raw).get(AUDIT) for raw in event] if isinstance(event, list) else []
    first = named[0] if named else None
    return first if isinstance(first, str) and all(each == first for each in named) else ""


@dataclass(frozen=True)
class RunJudges:
    """Reads each run's once: a judge never changes during its run."""

    open_store: Callable[[], ObjectStore]
    _known: dict[str, str | None] = field(default_factory=dict)

    def of(self, event: object) -> str | None:
        """The ARN of the deployment that judges this batch; None for the stack's own judges.

        Raises GraderConfigUnreadable, also for a batch of runs with different judges, and the Retryable… errors.
        """
        run_ids = {run_id for raw in (event if isinstance(event, list) else ()) if (run_id := sample_run_id(raw))}
        found = {self._judge(run_id) for run_id in run_ids}
        if len(found) > 1:
            raise GraderConfigUnreadable("a batch holds rows of runs with different judges: send each run's on its own")
        return found.pop() if found else None

    def _judge(self, run_id: str) -> str | None:
        if run_id not in self._known:
            store = self.open_store()
            body = store.find_bytes(store.uri(config_key(run_id)), most=MAX_CONFIG_BYTES)
            self._known[run_id] = _named(body, run_id) if body is not None else None
        return self._known[run_id]


def _named(body: bytes, run_id: str) -> str | None:
    try:
        judge = json.loads(body).get(JUDGE)
    except (ValueError, AttributeError) as error:
        raise GraderConfigUnreadable(f"{config_key(run_id)} is no JSON object") from error
    return str(judge) if judge else None
