"""Whether a run's data comes from the emulator. Pure."""

from __future__ import annotations

from rft.contracts.ledger import RunRecord


def is_emulated(record: RunRecord) -> bool:
    """The emulator's jobs and models carry it in their id, and its answers are marked."""
    arns = (record.model_arn, record.job.arn if record.job else None)
    named = any((arn or "").rpartition("/")[2].startswith("emulated") for arn in arns)
    sampled = (record.calibration, record.evaluation)
    return named or any(part is not None and part.simulated for part in sampled)
