from __future__ import annotations

from typing import Any

import pytest

from rft.errors import GraderConfigUnreadable
from rft.grading.run_judges import RunJudges, audit_judge
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


def test_a_run_without_its_own_judge_uses_the_stacks() -> None:
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


def test_a_runs_audit_judge_is_named_next_to_its_judge_and_rubric() -> None:
    audited = RUBRIC[:-1] + b', "audit_judge": "vendor.judge-v1:0"}'
    judges = RunJudges(lambda: store(a=audited, b=RUBRIC))
    assert (judges.of(batch("a")), judges.audit_of(batch("a", "a"))) == (ARN, "vendor.judge-v1:0")
    assert judges.audit_of(batch("b")) is judges.audit_of(batch("a", "b")) is judges.audit_of([]) is None
    rubrics = RunRubrics(lambda: store(a=audited))
    rubrics.load([run("a")])
    assert rubrics.get(run("a")) is not None


def test_a_rubric_is_read_from_the_same_file() -> None:
    rubrics = RunRubrics(lambda: store(a=RUBRIC))
    rubrics.load([run("a")])
    rubric = rubrics.get(run("a"))
    assert rubric is not None
    assert rubric.names == ("polite",)


def test_a_batch_is_audited_by_the_judge_that_all_of_its_samples_name() -> None:
    marked = [{**each, "evaluation_audit": "vendor.judge-v1:0"} for each in batch("a", "a")]
    assert audit_judge(marked) == "vendor.judge-v1:0"
    for event in ([*marked, *batch("a")], [*marked, {"evaluation_audit": "other.judge"}], [], "no batch"):
        assert audit_judge(event) == ""
    values: list[object] = [True, [], {"a": 1}, None, 3]
    for value in values:
        assert audit_judge([{"evaluation_audit": value}]) == ""
