"""Rows as sampled by the smoke test."""

from __future__ import annotations

from rft.contracts.dataset import DatasetRow
from rft.smoke_test.sampling import SampledRow
from tests.kit.fake_smoke_test import pandalm_row


def sampled(n: int, size: int = 100, **more: object) -> SampledRow:
    row = DatasetRow.model_validate(
        {
            "messages": [{"role": "user", "content": f"Question {n}"}],
            "reference_answer": f"answer {n}",
            "task_id": f"rft-{n}",
            "domain": "general",
            "data_source": "rft",
            "run_id": "a-20261120t120000-0a1b2c3d",
            **more,
        }
    )
    return SampledRow(split="train", position=n, row=row, size=size)


def compared(n: int) -> SampledRow:
    return SampledRow(split="train", position=n, row=DatasetRow.model_validate(pandalm_row(n)), size=100)
