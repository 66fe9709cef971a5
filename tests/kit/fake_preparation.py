"""A run with an unprepared dataset: raw records in a store, a run record in a ledger."""

from __future__ import annotations

import json
from typing import Any

from rft.contracts.dataset import DatasetRow, Manifest
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.bounds import BEDROCK, Bounds
from rft.steps.prepare_dataset import prepare_dataset
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import RUN_ID, add_run

URI = "s3://data-bucket/uploads/pandalm/demo/testset.json"
FOLDER = f"s3://data-bucket/runs/{RUN_ID}/dataset"


def record(number: int, **changes: Any) -> dict[str, Any]:
    """Return comparison number `number`; each three consecutive records share a prompt."""
    votes = (1, 1, 2) if number % 2 else (2, 2, 2)
    raw = {
        "instruction": f"Task {number // 3}",
        "input": "",
        "response1": f"First answer to {number}.",
        "response2": f"Second answer to {number}: höher.",
        **{f"annotator{at}": vote for at, vote in enumerate(votes, 1)},
    }
    return raw | changes


class FakePreparation:
    """A run and a bucket with one dataset, which output is written to."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.ledger = MemoryLedger(FixedClock())

    def holds(self, raw: object) -> FakePreparation:
        self.store.objects[URI] = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
        return self

    def prepare(
        self,
        *,
        run_id: str = RUN_ID,
        hyperparameters: dict[str, Any] | None = None,
        grader: str | None = None,
        tokenizer: Any = None,
        bounds: Bounds = BEDROCK,
        **dataset: Any,
    ) -> PreparedDataset:
        settings = {"task": "pandalm", "uri": URI, **dataset}
        request = {"name": "pandalm-judge", "dataset": settings, "hyperparameters": hyperparameters or {}}
        request |= {"grader": {"name": grader}} if grader else {}
        if run_id not in self.ledger.records:
            add_run(self.ledger, RunStatus.PENDING, run_id=run_id, **request)
        prepared = prepare_dataset(
            run_id=run_id,
            request=RunRequest.model_validate(request),
            source=self.store,
            store=self.store,
            tokenizer=tokenizer or WordTokenizer(),
            workers=SerialWorkers(),
            ledger=self.ledger,
            bounds=bounds,
        )
        assert isinstance(prepared, PreparedDataset)
        return prepared

    @property
    def manifest(self) -> Manifest:
        return Manifest.model_validate_json(self.store.objects[f"{FOLDER}/manifest.json"])

    def rows(self, uri: str) -> list[DatasetRow]:
        return [DatasetRow.model_validate_json(line) for line in self.store.lines(uri)]

    @property
    def written(self) -> dict[str, bytes]:
        return {uri: body for uri, body in self.store.objects.items() if uri != URI}
