from __future__ import annotations

import pytest

from rft.contracts.steps import PreparedDataset
from tests.kit.sharding_functions import SHARDS, Functions


def test_joined_shards_are_prepared_as_by_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(monkeypatch)
    prepared = PreparedDataset.model_validate(functions.join())
    assert len(functions.store.objects[prepared.train_uri].splitlines()) == prepared.train_rows
    assert f'"shards": {SHARDS}'.encode() in functions.store.objects[prepared.manifest_uri]
    assert functions.ledger.get(functions.run_id).dataset is not None
