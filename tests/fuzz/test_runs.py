"""Whatever a dataset and a request contain, a run continues or ends with a reason and one message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.contracts.dataset import DatasetRow
from rft.contracts.ledger import RunStatus
from rft.contracts.steps import PreparedDataset
from tests.kit.fake_pipeline import MAX_CAUSE, URI, FakePipeline
from tests.kit.hostile_values import changed, texts, values
from tests.kit.project import ROOT
from tests.kit.records import RUN_ID
from tests.kit.requests import FULL_REQUEST

FILES = {
    "code": "code/problems.jsonl",
    "finqa": "finqa/questions.jsonl",
    "gsm8k": "gsm8k/questions.jsonl",
    "rft": "rft/math.jsonl",
    "rubric": "rubric/replies.jsonl",
}
RECORDS: dict[str, list[dict[str, Any]]] = {
    name: [json.loads(line) for line in (ROOT / "examples" / file).read_text("utf-8").splitlines()[:20]]
    for name, file in FILES.items()
} | {"pandalm": json.loads((ROOT / "examples/pandalm/comparisons.json").read_text("utf-8"))[:12]}
"""A few of each task's own examples."""

fuzzed = settings(suppress_health_check=[HealthCheck.too_slow])


def prepared(task: str, content: bytes, **dataset: Any) -> PreparedDataset | None:
    """The files of a run that was prepared hold only rows that graders take."""
    run = FakePipeline(dataset={"task": task, "uri": URI, **dataset})
    found = run.prepare(content)
    if found is not None:
        lines = [*run.store.lines(found.train_uri), *run.store.lines(found.validation_uri)]
        assert len(lines) == found.train_rows + found.validation_rows
        for line in lines:
            DatasetRow.model_validate_json(line)
    return found


def jsonl(records: list[Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.mark.parametrize("task", RECORDS)
def test_the_unmodified_records_can_be_prepared(task: str) -> None:
    assert prepared(task, jsonl(RECORDS[task]))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """A task, and its records with one or two of them changed."""
    task = draw(st.sampled_from(list(RECORDS)))
    records: list[Any] = list(RECORDS[task])
    for at in draw(st.lists(st.integers(0, len(records) - 1), min_size=1, max_size=2)):
        records[at] = draw(changed(records[at]) | values)
    return task, records


@fuzzed
@given(given_records=damaged(), forgiving=st.booleans())
def test_any_field_of_a_record(given_records: tuple[str, list[Any]], forgiving: bool) -> None:
    task, records = given_records
    prepared(task, jsonl(records), max_bad_records=len(records) if forgiving else 0)


@fuzzed
@given(
    task=st.sampled_from(list(RECORDS)),
    lines=st.lists(
        st.binary(max_size=60)
        | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
        | values.map(lambda value: json.dumps(value).encode()),
        max_size=6,
    ),
    form=st.sampled_from([b"\n", b"\r\n", b",\n"]),
    listed=st.booleans(),
)
def test_any_bytes_as_a_dataset(task: str, lines: list[bytes], form: bytes, listed: bool) -> None:
    records = jsonl(RECORDS[task])
    content = b"[" + form.join(lines) + b"]" if listed else records + form.join(lines)
    prepared(task, content, max_bad_records=3)


@fuzzed
@given(
    error=texts | st.sampled_from(["States.Timeout", "Lambda.Unknown"]),
    cause=texts
    | values.map(lambda value: json.dumps(value)[:MAX_CAUSE])
    | texts.map(lambda text: json.dumps({"errorMessage": text[:100] * 50})),
)
def test_any_error_ends_a_run_with_a_reason(error: str, cause: str) -> None:
    FakePipeline(dataset={"task": "gsm8k", "uri": URI}).end(error or "States.TaskFailed", cause)


EXTREMES: dict[str, list[Any]] = {
    "epochCount": [1, 50],
    "batchSize": [16, 512],
    "learningRate": [1e-7, 1e-3],
    "maxPromptLength": [1, 2**31 - 1],
    "trainingSamplePerPrompt": [2, 16],
    "inferenceMaxTokens": [1, 2**31 - 1],
    "reasoningEffort": ["low", "high"],
    "evalInterval": [1, 100],
    "max_training_hours": [1e-9, 0.1, 240],
    "max_cost_usd": [0, 1e-9, 0.1 + 0.2, 1e15],
    "max_judge_calls": [0, 1, 2**31 - 1],
    "samples_per_row": [2, 8],
    "rows": [10, 1000],
    "minimum_gain": [-1, 1e-9, 1],
    "sample_size": [10, 1000],
    "minimum_score": [0, 1e-9, 1],
    "grader": [
        {"name": "rubric", "score_range": [-1_000_000, 1_000_000]},
        {"lambda_arn": "arn:aws:lambda:us-east-1:123456789012:function:theirs", "score_range": [-1, 0.5]},
    ],
    "mode": ["preflight", "train"],
    "tags": [{f"k{n}": "v" * 256 for n in range(40)}, {}],
    "seed": [0, 2**32 - 1],
    "version": ["v" * 1024],
    "name": ["a", "a1-" * 12 + "z9"],
}
"""Values at the ends of what is allowed, by the field's name."""

WHOLE = {"grader", "pilot", "split", "tags"}
REQUIRED = {"name", "task", "uri", "deployment"}


@st.composite
def extreme_requests(draw: st.DrawFn, part: Any = FULL_REQUEST) -> Any:
    """The request with any of its fields left out or at the end of what is allowed."""
    found = {}
    for name, value in part.items():
        chosen = draw(st.sampled_from(["keep", "keep", "extreme", "leave out"]))
        if isinstance(value, dict) and name not in WHOLE:
            found[name] = draw(extreme_requests(value))
        elif chosen == "extreme" and name in EXTREMES:
            found[name] = draw(st.sampled_from(EXTREMES[name]))
        elif chosen != "leave out" or name in REQUIRED:
            found[name] = value
    return found


@fuzzed
@given(request=extreme_requests())
def test_any_request_that_is_accepted_makes_a_job_or_ends(request: dict[str, Any]) -> None:
    run = FakePipeline(**{**request, "dataset": {**request["dataset"], "uri": URI}})
    dataset = run.prepare(jsonl(RECORDS["rubric"]))
    if dataset is None or run.forecast(dataset) is None or run.start_training(dataset) is None:
        assert run.ledger.get(RUN_ID).status is RunStatus.FAILED
        return
    assert run.ledger.get(RUN_ID).status is RunStatus.TRAINING
    assert len(run.jobs.jobs) == 1
