from __future__ import annotations

import pytest

from rft.contracts.run_request import HyperParameters
from rft.errors import InvalidRequest
from rft.tasks import TASKS, task
from rft.tasks.base import Task, group_key


@pytest.mark.parametrize("name", ["pandalm", "rft"])
def test_a_task_is_found_by_its_name(name: str) -> None:
    assert task(name).name == name


def test_an_unknown_task_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="pandalm, rft") as caught:
        task("pandaml")
    assert caught.value.field == "dataset.task"


@pytest.mark.parametrize("known", TASKS.values(), ids=lambda known: known.name)
def test_presets_are_values_that_bedrock_takes_each_with_a_reason(known: Task) -> None:
    HyperParameters.model_validate({name: value for name, (value, _) in known.preset.items()})
    assert all(reason for _, reason in known.preset.values())


def test_equal_prompts_share_a_group_in_any_spacing_or_case() -> None:
    assert group_key("Sum  up\n", "the TEXT") == group_key("sum up", "the text ")
    assert group_key("caf\u00e9", "") == group_key("cafe\u0301", "")


def test_the_boundary_between_texts_changes_the_group() -> None:
    assert group_key("a b", "") != group_key("a", "b")
