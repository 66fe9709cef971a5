"""The cases of the fault matrix that every run of the tests has: some of each stage, each effect among them."""

from __future__ import annotations

from tests.e2e.fault_case import Case

SAMPLE = {
    "PENDING": {
        "execution throttled",
        "execution's answer is lost",
        "upload is told twice",
        "upload is told late",
        "upload is not told",
        "StartFromUpload crashes",
        "upload: ledger out of order",
        "ledger write meets another",
    },
    "PREPARING": {
        "ledger throttled",
        "ledger denied",
        "PrepareDataset crashes",
        "PrepareDataset starts slowly",
        "dataset: SlowDown",
        "rows: denied",
    },
    "SMOKE_TESTING": {
        "SmokeTestGrader crashes",
        "grader throttled",
        "grader crashes",
        "grader runs out of time",
        "grader starts slowly",
        "judge slow for a while",
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
        "CheckTraining crashes",
        "CheckTraining cannot be loaded",
        "CheckTraining out of memory",
        "grader throttled for good",
        "grader crashes once",
        "judge talks nonsense",
        "poll: throttled",
        "job's end is not told",
        "WaitForTraining cannot be loaded",
        "status flaps: Failed",
        "job fails at step 2",
        "job stopped in the console",
        "job never ends, stop fails",
        "Bedrock's clock behind",
        "metrics: ledger write meets another",
    },
    "ended": {
        "RecordOutcome crashes",
        "RecordOutcome's answer is lost",
        "topic out of order",
        "end is told late",
        "end is not told",
    },
}
"""Faults by stage. `make faults` runs all others too."""


def in_sample(case: Case) -> bool:
    return case.fault in SAMPLE[case.stage]
