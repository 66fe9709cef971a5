from __future__ import annotations

import pytest

from tests.kit.sharding_functions import Functions


def test_each_part_is_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(monkeypatch)
    first, second = functions.index()
    assert (first["number"], second["number"], first["records"] + second["records"]) == (0, 1, 200)
    assert f"s3://data-bucket/shards/{functions.run_id}/index-0001.json" in functions.store.objects
