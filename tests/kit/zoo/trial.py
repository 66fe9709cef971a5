"""Runs `rft grader test` on a grader of known quality, without its command line."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from types import ModuleType

from rft.contracts.dataset import DatasetRow
from rft.contracts.findings import GraderFinding
from rft.ports.grading import GraderReply
from rft.smoke_test.sampling import SampledRow
from rft.tasks import task
from rft_cli.graders.grader_under_test import GraderUnderTest, open_grader
from rft_cli.graders.in_process import Batch, handler_of, invoke_handler
from rft_cli.graders.local_smoke_test import smoke_test_locally
from tests.kit.zoo.graders import KnownGrader
from tests.kit.zoo.rows import ROWS

NEED_A_PROCESS = {"slowness", "time_of_day"}
WEEKDAY = "RFT_ZOO_WEEKDAY"


def grader_rows(name: str) -> list[SampledRow]:
    """Return the rows as a run would write them."""
    fields = {"domain": "zoo", "data_source": "rft", "run_id": "zoo-20261128t000000-0a1b2c3d"}
    made = [DatasetRow.model_validate({"task_id": f"zoo-{n}", **fields, **row}) for n, row in enumerate(ROWS[name]())]
    return [SampledRow("train", n, row, len(row.model_dump_json())) for n, row in enumerate(made)]


def opened(known: KnownGrader, folder: Path) -> GraderUnderTest:
    """Open a grader in this process, or in a new one if it must be killed or needs another clock."""
    if NEED_A_PROCESS & set(known.codes):
        path = folder / "zoo_grader.py"
        path.write_text(known.code, encoding="utf-8")
        return open_grader(str(path), batch_seconds=6)
    module = ModuleType("zoo_grader")
    exec(compile(known.code, "zoo_grader", "exec"), module.__dict__)  # noqa: S102  the tests' own text
    handler = handler_of(module, "zoo_grader")
    lock = threading.Lock()

    def invoke(batch: Batch) -> GraderReply:
        with lock:  # handler output is discarded by redirecting the global stdout
            return invoke_handler(handler, batch)

    return GraderUnderTest("zoo", invoke)


def trial(known: KnownGrader, folder: Path) -> tuple[GraderFinding, ...]:
    """Return all findings on 40 rows."""
    return smoke_test_locally(opened(known, folder), grader_rows(known.rows), task("rft"), 42).findings


def is_found(known: KnownGrader, found: tuple[GraderFinding, ...]) -> bool:
    """Return whether a finding has one of the codes or belongs to one of the families."""
    codes = {finding.code for finding in found}
    return bool(set(known.codes) & (codes | {code.partition("/")[0] for code in codes}))


def today() -> str:
    """Return the weekday, for the grader that depends on it."""
    return str(datetime.now().astimezone().weekday())
