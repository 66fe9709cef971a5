"""Dataset checks in a run: stored next to the rows, shown in the record and in the smoke test's report."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.checks import DatasetChecks
from rft.contracts.ledger import RunStatus
from rft.errors import DatasetInvalid
from tests.kit.fake_preparation import FOLDER, FakePreparation, record
from tests.kit.fake_smoke_test import RUN, FakeSmokeTest
from tests.kit.fakes.grader import honest
from tests.kit.records import RUN_ID, run_record

CHECKS = f"{FOLDER}/checks.json"


def prepared(**dataset: Any) -> tuple[FakePreparation, dict[str, str]]:
    fake = FakePreparation().holds([record(number) for number in range(300)])
    fake.prepare(**dataset)
    stored = fake.ledger.get(RUN_ID).dataset_checks or ()
    return fake, {check.name: check.result.value for check in stored}


def test_a_grouped_split_shares_no_question_and_keeps_all_rows() -> None:
    fake, verdicts = prepared()
    stored = DatasetChecks.model_validate_json(fake.store.objects[CHECKS])
    assert verdicts == {check.name: check.result.value for check in stored.checks}
    assert (verdicts["shared_groups"], verdicts["prompt_length"]) == ("pass", "pass")
    assert (stored.rows, stored.rows_read) == (300, 300)


def test_a_random_split_continues_with_a_warning() -> None:
    _, verdicts = prepared(split={"strategy": "random"})
    assert verdicts["shared_groups"] == "warn"


def test_a_dataset_that_would_mostly_be_dropped_is_refused() -> None:
    fake = FakePreparation().holds([record(number) for number in range(300)])
    with pytest.raises(DatasetInvalid, match="maxPromptLength"):
        fake.prepare(hyperparameters={"maxPromptLength": 1})
    assert CHECKS in fake.store.objects
    assert f"{FOLDER}/manifest.json" not in fake.store.objects


def test_the_smoke_test_report_shows_row_checks() -> None:
    found, verdicts = prepared()
    fake = FakeSmokeTest()
    known = run_record(RUN, dataset={"task": "pandalm", "uri": "s3://data-bucket/x"})
    checks = found.ledger.get(RUN_ID).dataset_checks
    fake.ledger.create(known.model_copy(update={"status": RunStatus.PREPARING, "dataset_checks": checks}))
    fake.run(honest)
    assert {check.name: check.result.value for check in fake.report.dataset_checks} == verdicts
