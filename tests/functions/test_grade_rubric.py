from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.bedrock.judge import stand_in_reply
from rft import wiring
from rft.errors import GraderConfigUnreadable, InvalidGraderEvent
from rft.grading.judge_client import JudgeClient
from rft.grading.run_rubrics import RunRubrics
from rft.ports.grading import JudgeReply
from tests.kit.fakes.store import MemoryStore
from tests.kit.grader_function import grade, modules_after_import
from tests.kit.project import read_event

EVENT = read_event("grade_rubric")


class StandIn:
    """The emulated judge, as a Judge."""

    model_id = "stand-in"

    def complete(self, *, system: str, user: str, schema: Any) -> JudgeReply:
        reply = stand_in_reply(system, user)
        return JudgeReply(reply.text, reply.stop_reason, reply.input_tokens, reply.output_tokens)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    memory = MemoryStore()
    rubrics = RunRubrics(lambda: memory)
    monkeypatch.setattr(wiring, "judges_of", lambda _event: [JudgeClient(StandIn())])
    monkeypatch.setattr(wiring, "run_rubrics", lambda: rubrics)
    monkeypatch.setenv("JUDGE_MODEL_ID", "stand-in")
    return memory


def test_the_sample_event_is_graded() -> None:
    results = grade("grade_rubric", EVENT)

    scores = {result.id: result.aggregate_reward_score for result in results}
    assert scores == {"good": 1.0, "good-nested": 1.0, "rude": 0.5, "injection": 0.0, "empty": 0.0}
    assert not any(result.errored for result in results)


def test_rows_without_a_rubric_use_the_runs_or_are_not_scored(store: MemoryStore) -> None:
    batch = [
        {**sample, "reference_answer": {"judged_by": "grader.config"}} for sample in EVENT if "metadata" not in sample
    ]
    with pytest.raises(GraderConfigUnreadable, match=r"runs/sample-run-.*/grader.json cannot be read"):
        grade("grade_rubric", batch)

    config = EVENT[0]["reference_answer"]["rubric"]
    store.put_bytes(store.uri(f"runs/{EVENT[0]['run_id']}/grader.json"), json.dumps(config).encode())
    assert [result.aggregate_reward_score for result in grade("grade_rubric", batch)] == [1.0, 0.5, 0.0, 0.0]


def test_an_unreadable_config_fails_the_batch(store: MemoryStore) -> None:
    store.put_bytes(store.uri(f"runs/{EVENT[0]['run_id']}/grader.json"), b'{"criteria": []}')
    with pytest.raises(GraderConfigUnreadable, match="is not a rubric"):
        grade("grade_rubric", [{**EVENT[0], "reference_answer": "Fine."}])


def test_an_unusable_rubric_of_a_row_is_an_error_of_its_sample() -> None:
    bad = {**EVENT[0], "reference_answer": {"rubric": {"criteria": [{"name": "a"}]}}}
    assert [result.errored for result in grade("grade_rubric", [bad, EVENT[0], "none"])] == [True, False, True]


def test_an_event_that_is_no_batch_is_refused() -> None:
    with pytest.raises(InvalidGraderEvent, match="array of samples"):
        grade("grade_rubric", {"Records": []})


def test_its_import_loads_no_aws_client() -> None:
    assert not {"boto3", "botocore.session", "tiktoken"} & modules_after_import("grade_rubric")


def test_a_deeply_nested_reference_affects_no_other_sample(store: MemoryStore) -> None:
    config = EVENT[0]["reference_answer"]["rubric"]
    store.put_bytes(store.uri(f"runs/{EVENT[0]['run_id']}/grader.json"), json.dumps(config).encode())
    nested = {**EVENT[0], "reference_answer": '{"rubric": ' + "[" * 100_000}

    _, harmless = grade("grade_rubric", [nested, EVENT[0]])

    assert (harmless.errored, harmless.aggregate_reward_score) == (False, 1.0)
