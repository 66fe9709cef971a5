"""Handlers of the four functions that prepare a large dataset, with prepared inputs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rft import wiring
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.shards import ShardedDataset
from rft.settings import ShardSettings
from rft.steps.prepare_dataset import prepare_dataset
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.lambda_runtime import Context, load_function
from tests.kit.project import read_event
from tests.kit.records import add_run

SHARDS = 2


def comparison(number: int) -> dict[str, Any]:
    votes = {f"annotator{at}": number % 3 for at in (1, 2, 3)}
    return {"instruction": f"Secret task {number}", "input": "", "response1": "one", "response2": "two", **votes}


class Functions:
    """The handlers, with an in-memory bucket that contains the dataset of the event files, in two shards."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event = read_event("prepare_dataset")
        self.run_id: str = event["run_id"]
        request = RunRequest.model_validate(event["request"])
        self.store, self.ledger = MemoryStore(), MemoryLedger(FixedClock())
        body = json.dumps([comparison(number) for number in range(200)]).encode()
        self.store.objects[request.dataset.uri] = body
        add_run(self.ledger, RunStatus.PENDING, run_id=self.run_id)
        ports = {
            "object_store": self.store,
            "dataset_source": self.store,
            "ledger": self.ledger,
            "tokenizer": WordTokenizer(),
            "workers": SerialWorkers(),
        }
        for name, port in ports.items():
            monkeypatch.setattr(wiring, name, lambda port=port: port)
        divided = prepare_dataset(
            run_id=self.run_id,
            request=request,
            source=self.store,
            store=self.store,
            tokenizer=WordTokenizer(),
            workers=SerialWorkers(),
            ledger=self.ledger,
            shards=ShardSettings(MAX_SINGLE_FUNCTION_BYTES=1, SHARD_BYTES=len(body) // SHARDS + 1),
        )
        assert isinstance(divided, ShardedDataset)
        self._divided = divided.model_dump(mode="json")

    def index(self) -> list[Any]:
        return [self._invoke("index_shard", shard=shard) for shard in self._divided["shards"]]

    def plan(self) -> Any:
        return self._invoke("plan_shards", indexed=self.index())

    def write(self) -> list[Any]:
        return [self._invoke("write_shard", part=part) for part in self.plan()["parts"]]

    def join(self) -> Any:
        return self._invoke("join_shards", shards=self.write())

    def _invoke(self, function: str, **fields: Any) -> Any:
        """Invoke with the function's event file, and the outputs of earlier steps in `fields`."""
        event = read_event(function)
        if "source" in event:
            fields["source"] = self._divided["source"]
        assert fields.keys() <= event.keys()
        return json.loads(json.dumps(load_function(function).handler(event | fields, Context())))
