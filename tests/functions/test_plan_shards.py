from __future__ import annotations

import pytest

from tests.kit.sharding_functions import Functions


def test_the_parts_to_write_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = Functions(monkeypatch)
    assert functions.plan() == {"parts": [0, 1]}
    assert f"s3://data-bucket/shards/{functions.run_id}/part-0001.json" in functions.store.objects
