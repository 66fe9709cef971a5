"""`rft grader test` on a grader of the zoo, without its command line."""

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
from tests.kit.zoo.graders import Zoo
from tests.kit.zoo.rows import ROWS

NEED_A_PROCESS = {"slowness", "time_of_day"}
WEEKDAY = "RFT_ZOO_WEEKDAY"


def zoo_rows(name: str) -> list[SampledRow]:
    """The rows as a run would have written them."""
    fields = {"domain": "zoo", "data_source": "rft", "run_id": "zoo-20261128t000000-0a1b2c3d"}
    made = [DatasetRow.model_validate({"task_id": f"zoo-{n}", **fields, **row}) for n, row in enumerate(ROWS[name]())]
    return [SampledRow("train", n, row, len(row.model_dump_json())) for n, row in enumerate(made)]


def opened(zoo: Zoo, folder: Path) -> GraderUnderTest:
    """In this process, but for those that have to be ended or to have another clock."""
    if NEED_A_PROCESS & set(zoo.codes):
        path = folder / "zoo_grader.py"
        path.write_text(zoo.code, encoding="utf-8")
        return open_grader(str(path), batch_seconds=6)
    module = ModuleType("zoo_grader")
    exec(compile(zoo.code, "zoo_grader", "exec"), module.__dict__)  # noqa: S102  the tests' own text
    handler = handler_of(module, "zoo_grader")
    lock = threading.Lock()

    def invoke(batch: Batch) -> GraderReply:
        with lock:  # what a handler prints is dropped, by way of the one stdout
            return invoke_handler(handler, batch)

    return GraderUnderTest("zoo", invoke)


def trial(zoo: Zoo, folder: Path) -> tuple[GraderFinding, ...]:
    """All findings on forty rows."""
    return smoke_test_locally(opened(zoo, folder), zoo_rows(zoo.rows), task("rft"), 42).findings


def is_found(zoo: Zoo, found: tuple[GraderFinding, ...]) -> bool:
    """Whether a finding has one of the codes, or is of a family that is named."""
    codes = {finding.code for finding in found}
    return bool(set(zoo.codes) & (codes | {code.partition("/")[0] for code in codes}))


def today() -> str:
    """The weekday, as the grader that goes by it is told."""
    return str(datetime.now().astimezone().weekday())
