"""Whether a run's data comes from the emulator. Pure."""

from __future__ import annotations

from rft.contracts.ledger import RunRecord

EMULATED_ACCOUNT = "123456789012"
"""Of the emulated AWS: the example account of AWS's documentation."""


def is_emulated(record: RunRecord) -> bool:
    """The emulator's jobs and models carry it in their id, its answers are marked, and its account is no customer's."""
    arns = (record.model_arn, record.job.arn if record.job else None)
    named = any((arn or "").rpartition("/")[2].startswith("emulated") for arn in arns)
    sampled = (record.calibration, record.evaluation)
    account = (record.execution_arn or "").split(":")[4:5]
    return named or account == [EMULATED_ACCOUNT] or any(part is not None and part.simulated for part in sampled)
