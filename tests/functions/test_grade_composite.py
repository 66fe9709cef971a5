from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.kit.grader_function import grade
from tests.kit.project import read_event


@pytest.mark.parametrize("default", ["{}", '{"weights": {"gsm8k": 1}}'])
def test_rows_without_a_composite_use_the_stacks(default: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSITE_DEFAULT", default)
    batch = [sample | {"reference_answer": {"answer": "72"}} for sample in read_event("grade_composite")[:1]]

    (result,) = grade("grade_composite", batch)

    assert result.errored == (default == "{}")
    assert result.aggregate_reward_score == (0 if default == "{}" else 1)


@pytest.mark.parametrize("default", ["weights", "[]", '{"weights": {"gsm8k": 0.5}}'])
def test_a_wrong_parameter_fails_the_call(default: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSITE_DEFAULT", default)

    with pytest.raises(ValidationError):
        grade("grade_composite", read_event("grade_composite"))
