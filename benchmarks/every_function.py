"""Invokes each function on the emulated AWS, through runs and events, and collects the usage of each invocation.

A run from a request, with cold starts only; a rejected run from an upload, prepared in shards; and then events for the
functions that these runs do not call, or not with a typical workload.
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
"""Records of the dataset prepared by one function; of the sharded dataset; and the number of its shards."""
JUDGED, GRADED = 64, 256
"""Batch sizes of the judging grader and of rule-based graders. Bedrock does not document its batch size."""
SAMPLED, BATCHES = 10, 4
"""Sample size of the smoke test, and batches in a part that RunProbeBatch sends."""
CALLS, AT_A_TIME = 3, 2
"""Invocations per function that is called by events, and functions called concurrently."""

RULE_BASED = ("GradeGsm8k", "GradeFinqa", "GradeFormat", "GradeExtract", "GradeCode", "GradeComposite")
REFUSED = {"require_approval": True, "smoke_test": {"sample_size": SAMPLED}}
SLOW_JUDGE = Fault(service="bedrock", operation="Converse", effect="delay", seconds=0.3, count=None)
NEW_API = Fault(service="lambda", operation="Invoke", subject="Api", effect="cold_start")

Kind = tuple[str, bool]
"""A function's logical id, and whether the invocation was a cold start."""


@dataclass(frozen=True)
class Invoked:
    """One invocation, in seconds. `billed` includes init; `delayed` is the time spent waiting for a CPU."""

    new: bool
    billed: float
    processor: float
    delayed: float
    megabytes: int

    @classmethod
    def from_report(cls, metrics: Mapping[str, float]) -> Invoked:
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
    """Dataset files: one prepared by a single function, one prepared in shards."""

    at_once: Path
    in_parts: Path

    @property
    def options(self) -> EmulatorOptions:
        most = self.in_parts.stat().st_size
        return EmulatorOptions(
            speed=600,
            # the machine may have few cores
            workers_per_function=1,
            training_seconds=1,
            max_steps=2,
            max_rollouts_per_step=32,
            # so that the second file is sharded
            parameters={"MaxSingleFunctionBytes": str(most - 1), "ShardBytes": str(-(-most // PARTS))},
        )


@contextmanager
def datasets() -> Iterator[Datasets]:
    """Create the files; they are deleted on exit."""
    with tempfile.TemporaryDirectory() as folder:
        made = Datasets(Path(folder) / "at-once.json", Path(folder) / "in-parts.json")
        write_comparisons(made.at_once, PROBE_BUDGET)
        write_comparisons(made.in_parts, IN_PARTS)
        yield made


def call_every_function(aws: Emulator, data: Datasets) -> Invocations:
    """Return all comparable invocations by kind. Raises RuntimeError if one failed."""
    reports = Reports(aws)
    run_id = run(aws, "posted", records=data.at_once, sample_size=SAMPLED)
    posted = reports.new()
    del posted["Api", True]  # includes one-time initialisation of the emulator
    _refuse(aws, data.in_parts)
    refused = reports.new()
    del refused["PrepareDataset", False]  # only checked the file's size
    return refused | posted | _called(aws, reports, run_id)


def _called(aws: Emulator, reports: Reports, run_id: str) -> Invocations:
    """Return the invocations by the events themselves, without those that they trigger."""
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
    """Reads each REPORT in the functions' logs once."""

    def __init__(self, aws: Emulator) -> None:
        self._aws = aws
        self._read: Counter[str] = Counter()

    def new(self) -> Invocations:
        """Return the invocations since the last call."""
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
    batches = {name: _batch(read_event(snake(name))) for name in RULE_BASED}
    once = {
        "ReconcileRun": _ended(aws, run_id),
        "SweepRuns": read_event("sweep_runs"),
        "RunProbeBatch": _part(aws, run_id),
    }
    # several events per function, so that some invocations are warm
    return {name: [event] * CALLS for name, event in (once | batches).items()}


def _batch(samples: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [samples[n % len(samples)] | {"id": f"rollout-{n}"} for n in range(GRADED)]


def _ended(aws: Emulator, run_id: str) -> dict[str, Any]:
    event: dict[str, Any] = read_event("reconcile_run")
    return event | {"detail": event["detail"] | {"name": run_id, "executionArn": aws.execution_arn(run_id)}}


def _part(aws: Emulator, run_id: str) -> dict[str, Any]:
    arn = next(spec.arn for spec in aws.stack.functions if spec.logical_id == "SmokeTestGrader")
    scheduled = [event.get("taskScheduledEventDetails", {}) for event in history(aws, run_id)]
    tasks = [json.loads(details["parameters"]) for details in scheduled if details]
    given = next(task["Payload"] for task in tasks if task["FunctionName"] == arn)
    fields = {name: given[name] for name in ("run_id", "request", "dataset")}
    part = {"number": 1, "batches": list(range(BATCHES))}
    return fields | {"grader_arn": aws.graders["pandalm"], "part": part}


def _judged(id_: str) -> dict[str, Any]:
    """Return a right answer that is not cached, so that the judge is called."""
    answer = f"JUDGMENT: Response 1\nREASONING: Response 1 answers the question ({id_}), Response 2 repeats it."
    messages = [{"role": "user", "content": "Which is better?"}, {"role": "assistant", "content": answer}]
    return {"id": id_, "messages": messages, "reference_answer": {"label": "Response 1"}, "task_id": id_}
