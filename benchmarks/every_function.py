"""Runs and events on the emulated AWS in which each function takes part, and what each invocation took.

A run from a request, which finds no process warm; a run from an upload, prepared in parts, to which somebody says no;
and then events for the functions that these do not call, or not with work of an ordinary size.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.comparisons import write_comparisons
from benchmarks.emulated import history, run, until_status
from emulator import Emulator, EmulatorOptions
from emulator.faults import Fault
from emulator.functions.platform_lines import REPORT
from rft_client.api_client import ApiClient
from tests.kit.project import FUNCTIONS, read_event, snake

PROBE_BUDGET, IN_PARTS, PARTS = 4_000, 4_500, 3
"""Records of the dataset that one function prepares; of the one that several do, and into how many parts it goes."""
JUDGED, GRADED = 64, 256
"""Answers in a batch of the judging grader, of a rule-based one. Bedrock's number is not documented."""
SAMPLED, BATCHES = 10, 4
"""Rows of a smoke test's sample, and batches in a part that one of several functions sends."""
CALLS, AT_A_TIME = 3, 2
"""Of each function that is called by events; and how many functions are."""

RULE_BASED = ("GradeGsm8k", "GradeFinqa", "GradeFormat", "GradeExtract", "GradeCode", "GradeComposite")
REFUSED = {"require_approval": True, "smoke_test": {"sample_size": SAMPLED}}
SLOW_JUDGE = Fault(service="bedrock", operation="Converse", effect="delay", seconds=0.3, count=None)
NEW_API = Fault(service="lambda", operation="Invoke", subject="Api", effect="cold_start")

Kind = tuple[str, bool]
"""A function's logical id, and whether its process was new."""


@dataclass(frozen=True)
class Invoked:
    """One invocation, in seconds. `billed` has init in it; `delayed` is for what else this machine has to do."""

    new: bool
    billed: float
    processor: float
    delayed: float
    megabytes: int

    @classmethod
    def from_report(cls, metrics: Mapping[str, float]) -> Invoked:
        """From what its log says."""
        return cls(
            new="initDurationMs" in metrics,
            billed=(metrics["durationMs"] + metrics.get("initDurationMs", 0)) / 1000,
            processor=metrics["processorMs"] / 1000,
            delayed=metrics["delayedMs"] / 1000,
            megabytes=int(metrics.get("maxMemoryUsedMB", 0)),
        )


Invocations = dict[Kind, list[Invoked]]


@dataclass(frozen=True)
class Datasets:
    """Files of records: one that one function prepares, and one for several."""

    at_once: Path
    in_parts: Path

    @property
    def options(self) -> EmulatorOptions:
        """An emulated AWS that takes them so, with one process for each function, as cores are few."""
        most = self.in_parts.stat().st_size
        return EmulatorOptions(
            speed=600,
            workers_per_function=1,
            training_seconds=1,
            max_steps=2,
            max_rollouts_per_step=32,
            parameters={"MaxSingleFunctionBytes": str(most - 1), "ShardBytes": str(-(-most // PARTS))},
        )


@contextmanager
def datasets() -> Iterator[Datasets]:
    """Made for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        made = Datasets(Path(folder) / "at-once.json", Path(folder) / "in-parts.json")
        write_comparisons(made.at_once, PROBE_BUDGET)
        write_comparisons(made.in_parts, IN_PARTS)
        yield made


def call_every_function(aws: Emulator, data: Datasets) -> Invocations:
    """All invocations that are alike, by kind. Raises RuntimeError where one failed."""
    reports = Reports(aws)
    run_id = run(aws, "posted", records=data.at_once, sample_size=SAMPLED)
    posted = reports.new()
    del posted["Api", True]  # it waited for what the emulator does only once
    _refuse(aws, data.in_parts)
    refused = reports.new()
    del refused["PrepareDataset", False]  # it only saw how large the file is
    return refused | posted | _called(aws, reports, run_id)


def _called(aws: Emulator, reports: Reports, run_id: str) -> Invocations:
    """What the events themselves took, and not what else they made run."""
    aws.faults.add(SLOW_JUDGE)
    events = _events(aws, run_id)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(lambda name: _call(aws, name, events[name]), events))
    found = {kind: invoked for kind, invoked in reports.new().items() if kind[0] in events}
    _call(aws, "GradePandalm", [[_judged(f"{number}-{n}") for n in range(JUDGED)] for number in range(CALLS)])
    return found | reports.new()


def _call(aws: Emulator, name: str, events: Sequence[Any]) -> None:
    for event in events:
        aws.invoke(name, json.dumps(event).encode())


class Reports:
    """Reads the functions' logs of their invocations, each once."""

    def __init__(self, aws: Emulator) -> None:
        self._aws = aws
        self._read: Counter[str] = Counter()

    def new(self) -> Invocations:
        """Since the last time."""
        found: Invocations = {}
        for name in FUNCTIONS:
            for record in self._records(name):
                if record["status"] != "success":
                    raise RuntimeError(f"{name} failed: {self._aws.logs(name)[-5:]}")
                invoked = Invoked.from_report(record["metrics"])
                found.setdefault((name, invoked.new), []).append(invoked)
        return found

    def _records(self, name: str) -> list[dict[str, Any]]:
        lines = [line for line in self._aws.logs(name) if REPORT in line][self._read[name] :]
        self._read[name] += len(lines)
        return [json.loads(line)["record"] for line in lines]


def _refuse(aws: Emulator, dataset: Path) -> None:
    folder = "uploads/pandalm/refused"
    s3 = aws.client("s3")
    s3.put_object(Bucket=aws.bucket, Key=f"{folder}/run.json", Body=json.dumps(REFUSED).encode())
    s3.upload_file(str(dataset), aws.bucket, f"{folder}/{dataset.name}")
    client = ApiClient.signed(aws.api_url, aws.region, aws.credentials)
    run_id = until_status(client, name="refused", status="AWAITING_APPROVAL")
    aws.faults.add(NEW_API)
    client.approve(run_id, approved=False, by="benchmark", comment="")
    until_status(client, name="refused", status="REJECTED")


def _events(aws: Emulator, run_id: str) -> dict[str, list[Any]]:
    """Functions and what to call them with, more than once, so that not all calls find no process."""
    batches = {name: _batch(read_event(snake(name))) for name in RULE_BASED}
    once = {
        "ReconcileRun": _ended(aws, run_id),
        "SweepRuns": read_event("sweep_runs"),
        "RunProbeBatch": _part(aws, run_id),
    }
    return {name: [event] * CALLS for name, event in (once | batches).items()}


def _batch(samples: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [samples[n % len(samples)] | {"id": f"rollout-{n}"} for n in range(GRADED)]


def _ended(aws: Emulator, run_id: str) -> dict[str, Any]:
    event: dict[str, Any] = read_event("reconcile_run")
    return event | {"detail": event["detail"] | {"name": run_id, "executionArn": aws.execution_arn(run_id)}}


def _part(aws: Emulator, run_id: str) -> dict[str, Any]:
    """The part of a run's smoke test that a function sends."""
    arn = next(spec.arn for spec in aws.stack.functions if spec.logical_id == "SmokeTestGrader")
    scheduled = [event.get("taskScheduledEventDetails", {}) for event in history(aws, run_id)]
    tasks = [json.loads(details["parameters"]) for details in scheduled if details]
    given = next(task["Payload"] for task in tasks if task["FunctionName"] == arn)
    fields = {name: given[name] for name in ("run_id", "request", "dataset")}
    part = {"number": 1, "batches": list(range(BATCHES))}
    return fields | {"grader_arn": aws.graders["pandalm"], "part": part}


def _judged(id_: str) -> dict[str, Any]:
    """An answer that is right and not in the cache, so that the judge is called."""
    answer = f"JUDGMENT: Response 1\nREASONING: Response 1 answers the question ({id_}), Response 2 repeats it."
    messages = [{"role": "user", "content": "Which is better?"}, {"role": "assistant", "content": answer}]
    return {"id": id_, "messages": messages, "reference_answer": {"label": "Response 1"}, "task_id": id_}
