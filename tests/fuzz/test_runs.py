"""Whatever a dataset holds and whatever a request allows, a run goes on or ends with a reason and one message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.contracts.dataset import DatasetRow
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.bounds import Bounds
from rft.errors import RftError
from rft.steps.prepare_dataset import prepare_dataset
from rft.steps.record_outcome import record_outcome
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.jobs import MemoryJobs
from tests.kit.fakes.models import MemoryDeploymentRecords, MemoryDeployments
from tests.kit.fakes.store import MemoryStore
from tests.kit.fakes.strict import StrictLedger, StrictNotifier
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.hostile_values import changed, texts, values
from tests.kit.project import ROOT
from tests.kit.records import RUN_ID, add_run

URI = "s3://data-bucket/datasets/rows"
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

BOUNDS = Bounds(least=1, most=100)
fuzzed = settings(suppress_health_check=[HealthCheck.too_slow])


class Run:
    """One run from its dataset to its end."""

    def __init__(self, **request: Any) -> None:
        self.clock = FixedClock()
        self.ledger, self.notifier, self.store = StrictLedger(self.clock), StrictNotifier(), MemoryStore()
        self.request: RunRequest = add_run(self.ledger, RunStatus.PENDING, **request).request

    def prepare(self, content: bytes) -> PreparedDataset | None:
        """None where the run ended instead, as the state machine ends it."""
        self.store.objects[URI] = content
        try:
            found = prepare_dataset(
                run_id=RUN_ID,
                request=self.request,
                source=self.store,
                store=self.store,
                tokenizer=WordTokenizer(),
                workers=SerialWorkers(),
                ledger=self.ledger,
                bounds=BOUNDS,
            )
        except RftError as error:
            cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []})
            self.end(type(error).__name__, cause)
            return None
        assert isinstance(found, PreparedDataset)
        return found

    def end(self, error: str, cause: str) -> None:
        assert len(cause) <= 32_768  # Step Functions API Reference, SendTaskFailure: the cause
        assert "Traceback" not in cause
        record = record_outcome(
            run_id=RUN_ID,
            status=RunStatus.FAILED,
            error=error,
            cause=cause,
            jobs=MemoryJobs(self.clock),
            deployments=MemoryDeployments(),
            records=MemoryDeploymentRecords(),
            ledger=self.ledger,
            notifier=self.notifier,
        )
        assert record.status is RunStatus.FAILED
        assert record.failure is not None
        assert record.failure.cause
        assert len(self.notifier.sent) == 1


def prepared(task: str, content: bytes, **dataset: Any) -> PreparedDataset | None:
    """The files of a run that was prepared hold only rows that graders take."""
    run = Run(dataset={"task": task, "uri": URI, **dataset})
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
def test_the_records_that_are_changed_can_be_prepared(task: str) -> None:
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
    cause=texts | values.map(json.dumps) | texts.map(lambda text: json.dumps({"errorMessage": text[:100] * 50})),
)
def test_any_error_ends_a_run_with_a_reason(error: str, cause: str) -> None:
    run = Run(dataset={"task": "gsm8k", "uri": URI})
    run.end(error or "States.TaskFailed", cause)
