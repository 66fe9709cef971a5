from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from rft import wiring
from rft.contracts.grading import GradeResult
from rft.errors import InvalidGraderEvent, JudgeRefused
from rft.grading.judge_client import JudgeClient
from tests.kit.fakes.judge import ScriptedJudge
from tests.kit.project import read_event

ROOT = Path(__file__).parents[2]
EVENT = read_event("grade_pandalm")


@pytest.fixture
def app() -> ModuleType:
    spec = importlib.util.spec_from_file_location("grade_pandalm_app", ROOT / "functions/grade_pandalm/app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> ScriptedJudge:
    fake = ScriptedJudge()
    monkeypatch.setattr(wiring, "judges_of", lambda _event: [JudgeClient(fake)])
    monkeypatch.setenv("JUDGE_MODEL_ID", fake.model_id)
    return fake


def context(seconds: float = 30) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: int(seconds * 1000))


def test_the_sample_event_is_graded(app: ModuleType, judge: ScriptedJudge) -> None:
    response = app.handler(EVENT, context())

    results = [GradeResult.model_validate(result) for result in json.loads(json.dumps(response, allow_nan=False))]
    assert [(result.id, result.aggregate_reward_score) for result in results] == [
        ("right-flat", 1.0),
        ("right-nested", 1.0),
        ("wrong", 0.1),
        ("hedged", 0.0),
        ("empty", 0.0),
    ]
    assert not any(result.errored for result in results)
    assert len(judge.prompts) == 2


def test_the_deadline_comes_from_the_context(app: ModuleType, judge: ScriptedJudge) -> None:
    response = app.handler(EVENT, context(seconds=2))

    assert [result["id"] for result in response] == [sample["id"] for sample in EVENT]
    assert all(GradeResult.model_validate(result).errored for result in response)
    assert judge.prompts == []


def test_judge_errors_fail_the_call_if_the_stack_requests_it(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, judge: ScriptedJudge
) -> None:
    refusing = JudgeClient(ScriptedJudge(otherwise=JudgeRefused("denied")))
    monkeypatch.setattr(wiring, "judges_of", lambda _event: [refusing])
    assert [result["id"] for result in app.handler(EVENT, context())] == [sample["id"] for sample in EVENT]

    monkeypatch.setenv("ON_JUDGE_ERROR", "raise")
    with pytest.raises(JudgeRefused):
        app.handler(EVENT, context())


def test_an_event_that_is_no_batch_is_refused(app: ModuleType, judge: ScriptedJudge) -> None:
    with pytest.raises(InvalidGraderEvent, match="array of samples"):
        app.handler({"Records": []}, context())


def test_a_missing_model_is_named(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUDGE_MODEL_ID", raising=False)

    with pytest.raises(ValueError, match="JUDGE_MODEL_ID"):
        app.handler(EVENT, context())
