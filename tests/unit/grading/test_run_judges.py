from __future__ import annotations

from typing import Any

import pytest

from rft.errors import GraderConfigUnreadable
from rft.grading.run_judges import RunJudges, audit_judge, is_audit
from rft.grading.run_rubrics import RunRubrics
from tests.kit.fakes.store import MemoryStore

ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abc"
RUBRIC = b'{"criteria": [{"name": "polite", "question": "q", "yes": "y", "no": "n"}], "judge": "%s"}' % ARN.encode()


def run(name: str) -> str:
    return f"run-{name}-20261120"


def store(**configs: bytes) -> MemoryStore:
    found = MemoryStore()
    for name, body in configs.items():
        found.put_bytes(found.uri(f"runs/{run(name)}/grader.json"), body)
    return found


def batch(*names: str) -> list[dict[str, Any]]:
    return [{"id": str(at), "run_id": run(name)} for at, name in enumerate(names)]


def test_a_run_without_a_judge_of_its_own_has_the_stacks() -> None:
    judges = RunJudges(lambda: store(b=b'{"criteria": []}'))
    assert judges.of(batch("a", "a")) is None
    assert judges.of(batch("b")) is None
    assert judges.of([{"id": "1"}]) is None
    assert judges.of("not a batch") is None


def test_a_runs_judge_is_read_once_and_never_changes() -> None:
    objects = store(a=RUBRIC)
    judges = RunJudges(lambda: objects)
    assert judges.of(batch("a")) == ARN
    objects.put_bytes(objects.uri(f"runs/{run('a')}/grader.json"), b'{"judge": "arn:other"}')
    assert judges.of(batch("a", "a")) == ARN


def test_rows_of_runs_with_different_judges_are_refused() -> None:
    with pytest.raises(GraderConfigUnreadable, match="different judges"):
        RunJudges(lambda: store(a=RUBRIC)).of(batch("a", "b"))


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_a_config_that_cannot_be_read_fails_the_batch(body: bytes) -> None:
    with pytest.raises(GraderConfigUnreadable, match=run("a")):
        RunJudges(lambda: store(a=body)).of(batch("a"))


def test_a_rubric_is_read_from_the_same_file() -> None:
    rubrics = RunRubrics(lambda: store(a=RUBRIC))
    rubrics.load([run("a")])
    rubric = rubrics.get(run("a"))
    assert rubric is not None
    assert rubric.names == ("polite",)


def test_a_batch_is_audited_only_if_all_of_its_samples_say_so() -> None:
    marked = [{**each, "evaluation_audit": True} for each in batch("a", "a")]
    assert is_audit(marked)
    assert not is_audit([*marked, *batch("a")])
    assert not is_audit([{"evaluation_audit": 1}])
    assert not is_audit([])
    assert not is_audit("no batch")


def test_an_audit_without_a_judge_fails_and_names_the_parameter() -> None:
    assert audit_judge("vendor.judge-v1:0") == "vendor.judge-v1:0"
    with pytest.raises(GraderConfigUnreadable, match="AuditJudgeModelId"):
        audit_judge("")
