"""The API's function under attack."""

from __future__ import annotations

import json

import pytest

from tests.kit.strict_api import StrictApi


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> StrictApi:
    monkeypatch.setenv("DATA_BUCKET", "data-bucket")
    monkeypatch.setenv("ALLOWED_HOSTS", "raw.githubusercontent.com")
    monkeypatch.setenv("WEBHOOK_HOSTS", "hooks.example.com")
    monkeypatch.setenv("GRADERS", json.dumps({"rubric": "arn:aws:lambda:us-east-1:123456789012:function:rubric"}))
    return StrictApi()
