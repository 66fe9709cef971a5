"""A run before its smoke test: rows in a store, a run record in a ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from rft.contracts.checks import Check
from rft.contracts.ledger import RunRecord, RunStatus
from rft.contracts.probe_batches import PendingParts
from rft.contracts.smoke_test import SmokeTestReport
from rft.contracts.steps import PreparedDataset, SmokeTestOutcome
from rft.smoke_test.runner import PROBE_BUDGET
from rft.steps.run_probe_batch import run_probe_batch
from rft.steps.smoke_test_grader import smoke_test_grader
from rft.tasks import task
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.grader import CallableGrader, Grade
from tests.kit.fakes.ledger import MemoryLedger
from tests.kit.fakes.store import MemoryStore
from tests.kit.records import run_record

RUN = "judge-20261120t120000-0a1b2c3d"
PANDALM = "arn:aws:lambda:us-east-1:123456789012:function:pandalm"
GSM8K = "arn:aws:lambda:us-east-1:123456789012:function:gsm8k"
FINQA = "arn:aws:lambda:us-east-1:123456789012:function:finqa"
FOREIGN = "arn:aws:lambda:us-east-1:123456789012:function:theirs"
REPORT = f"s3://data-bucket/runs/{RUN}/smoke_test.json"

BY_WEIGHT = (
    "contract",
    "liveness",
    "spread",
    "direction",
    "minimum",
    "level",
    "right_forms",
    "repeatability",
    "batch_independence",
    "payload_shapes",
    "same_id",
    "conversation",
    "time_of_day",
    "unreadable",
    "form_only",
    "refusals",
    "echo",
    "containment",
    "listing",
    "hedging",
    "negation",
    "near_misses",
    "special_numbers",
    "json_variants",
    "forged_references",
    "style",
    "injection",
    "master_keys",
    "length",
    "position",
    "human_agreement",
    "slowness",
    "load",
    "sample",
)
"""The checks, in the order in which reasons are reported."""


def pandalm_row(n: int) -> dict[str, Any]:
    votes = {"annotator1": n % 3, "annotator2": n % 3, "annotator3": 1}
    raw = {"instruction": f"Task {n}", "input": "", "response1": f"One {n}", "response2": f"Two {n}", **votes}
    return example_row("pandalm", raw, n)


def rft_row(n: int, **more: Any) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": f"Name number {n}"}],
        "reference_answer": f"number {n}",
        "task_id": f"rft-{n}",
        "domain": "general",
        "data_source": "rft",
        "run_id": RUN,
        **more,
    }


def example_row(name: str, raw: object, n: int) -> dict[str, Any]:
    """Return the row that prepare_dataset would write for a raw record of a task."""
    example = task(name).read(raw)
    return {
        "messages": [message.model_dump() for message in example.messages],
        "reference_answer": example.reference_answer,
        "task_id": f"{name}-{n}",
        "domain": example.domain,
        "data_source": name,
        "run_id": RUN,
        **(example.extra or {}),
    }


class FakeSmokeTest:
    """A run before its smoke test, and its steps."""

    def __init__(
        self,
        *,
        train: int = 120,
        validation: int = 15,
        row: Callable[[int], Any] = pandalm_row,
        hyperparameters: dict[str, Any] | None = None,
        budget: timedelta = PROBE_BUDGET,
    ) -> None:
        """`budget` is the time in which one function sends probes; the rest is stored as parts in `handed_off`."""
        self.budget = budget
        self.handed_off: list[PendingParts] = []
        self.clock = FixedClock()
        self.ledger = MemoryLedger(self.clock)
        self.store = MemoryStore()
        self.dataset = PreparedDataset(
            manifest_uri="s3://data-bucket/m.json",
            digest="sha256:0",
            train_uri=self._write("train", range(train), row),
            validation_uri=self._write("validation", range(train, train + validation), row),
            train_rows=train,
            validation_rows=validation,
            hyperparameters=hyperparameters or {},
        )

    def _write(self, split: str, numbers: range, row: Callable[[int], Any]) -> str:
        uri = self.store.uri(f"runs/{RUN}/dataset/{split}-{len(numbers)}.jsonl")
        self.store.put_bytes(uri, b"".join(json.dumps(row(n)).encode() + b"\n" for n in numbers))
        return uri

    def run(self, grade: Grade | CallableGrader, *, task: str = "pandalm", **more: Any) -> SmokeTestOutcome:
        """Run all steps of the smoke test, as the state machine does."""
        record = self.start(task=task, **more)
        invoker = grade if isinstance(grade, CallableGrader) else CallableGrader(grade)
        found = self.step(record, invoker)
        while isinstance(found, PendingParts):
            self.handed_off.append(found)
            for number in reversed(range(len(found.parts))):
                self.run_part(record, invoker, found, number)
            found = self.step(record, invoker, completed=found.parts[-1].number + 1)
        return found

    def start(self, *, task: str = "pandalm", **more: Any) -> RunRecord:
        record = run_record(RUN, **{"dataset": {"task": task, "uri": "s3://data-bucket/x"}, **more})
        self.ledger.create(record.model_copy(update={"status": RunStatus.PREPARING}))
        return record

    def step(self, record: RunRecord, invoker: CallableGrader, completed: int = 0) -> SmokeTestOutcome | PendingParts:
        return smoke_test_grader(
            run_id=RUN,
            request=record.request,
            dataset=self.dataset,
            graders={"pandalm": PANDALM, "gsm8k": GSM8K, "finqa": FINQA},
            ledger=self.ledger,
            store=self.store,
            invoker=invoker,
            clock=self.clock,
            completed_parts=completed,
            budget=self.budget,
        )

    def run_part(self, record: RunRecord, invoker: CallableGrader, handed_off: PendingParts, number: int) -> str:
        """Run one part and return the URI of its scores."""
        part = run_probe_batch(
            run_id=RUN,
            request=record.request,
            dataset=self.dataset,
            grader_arn=handed_off.grader_arn,
            part=handed_off.parts[number],
            store=self.store,
            invoker=invoker,
            clock=self.clock,
        )
        return self.store.uri(f"runs/{RUN}/smoke_test/part-{part.number:04d}.json")

    @property
    def report(self) -> SmokeTestReport:
        return SmokeTestReport.model_validate_json(self.store.get_bytes(REPORT))

    def check(self, name: str) -> Check:
        return next(check for check in self.report.checks if check.name == name)

    def verdicts(self) -> dict[str, str]:
        return {check.name: check.result.value for check in self.report.checks}
