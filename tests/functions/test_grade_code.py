from __future__ import annotations

import sys

import pytest

from rft.errors import InvalidGraderEvent
from tests.kit.grader_function import grade, modules_after_import
from tests.kit.project import read_event

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="code is sealed by the Linux kernel")


def test_the_sample_event_is_graded() -> None:
    results = grade("grade_code", read_event("grade_code"))

    assert {result.id: result.aggregate_reward_score for result in results} == {
        "right-flat": 1.0,
        "right-nested": 1.0,
        "half": 0.5,
        "exits": 0.0,
        "no-block": 0.0,
        "program": 1.0,
    }
    assert not any(result.errored for result in results)


def test_unusable_tests_are_an_error_of_their_sample_only() -> None:
    first, second = read_event("grade_code")[:2]
    bad = first | {"reference_answer": {"code": {"setup": "import no_such_module", "tests": ["assert f()"]}}}

    results = grade("grade_code", [bad, second])

    assert [result.errored for result in results] == [True, False]


def test_an_event_that_is_no_batch_is_refused() -> None:
    with pytest.raises(InvalidGraderEvent, match="array of samples"):
        grade("grade_code", {"Records": []})


def test_its_import_loads_no_aws_client() -> None:
    assert not {"boto3", "botocore.session", "tiktoken"} & modules_after_import("grade_code")
