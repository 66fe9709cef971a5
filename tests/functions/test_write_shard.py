from __future__ import annotations

import pytest

from tests.kit.sharding_functions import Functions


def test_each_part_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(monkeypatch)
    written = functions.write()
    assert [(each["part"], each["rows"]) for each in written] == [(0, 100), (1, 100)]
    assert f"s3://data-bucket/shards/{functions.run_id}/train-0000.jsonl" in functions.store.objects
