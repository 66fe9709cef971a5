"""The cases of the fault matrix that every run of the tests has: some of each stage, each effect among them."""

from __future__ import annotations

from tests.e2e.fault_case import Case

SAMPLE = {
    "PENDING": {
        "execution throttled",
        "execution's answer is lost",
        "event of upload twice",
        "event of upload missing",
        "StartFromUpload crashes",
        "ledger write conflicts",
    },
    "PREPARING": {
        "ledger denied",
        "PrepareDataset crashes",
        "dataset: SlowDown",
    },
    "SMOKE_TESTING": {
        "grader throttled",
        "grader runs out of time",
        "grader starts slowly",
        "judge talks nonsense once",
        "judge down",
    },
    "STARTING": {
        "ledger out of order",
        "StartTraining's answer is lost",
        "job: quota full",
        "job: refused",
        "job: answer lost, step repeats",
    },
    "TRAINING": {
        "CheckTraining cannot be loaded",
        "CheckTraining out of memory",
        "grader throttled for good",
        "judge talks nonsense",
        "poll: throttled",
        "event of job's end missing",
        "status flaps: Failed",
        "job stopped in the console",
        "job never ends, stop fails",
        "Bedrock's clock behind",
    },
    "ended": {
        "RecordOutcome's answer is lost",
        "topic out of order",
        "event of end late",
        "event of end missing",
    },
}
"""Faults by stage. `make faults` runs all others too."""


def in_sample(case: Case) -> bool:
    return case.fault in SAMPLE[case.stage]
