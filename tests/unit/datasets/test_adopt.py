"""Rows of an earlier run under another run's id, and the share of them that a pilot trains on."""

from __future__ import annotations

from typing import Any

import pytest

from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset, StartPoint
from rft.errors import DatasetInvalid
from rft.steps.prepare_dataset import prepare_dataset
from tests.kit.fake_preparation import URI, FakePreparation, record
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import RUN_ID, add_run

LATER = "pandalm-judge-20261121t080000-bbbbbbbb"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:grade:1"


@pytest.fixture
def prepared() -> tuple[FakePreparation, PreparedDataset]:
    fake = FakePreparation().holds([record(n) for n in range(240)])
    return fake, fake.prepare()


def take_up(fake: FakePreparation, earlier: PreparedDataset, **request: Any) -> PreparedDataset:
    fields = {"name": "pandalm-judge", "dataset": {"task": "pandalm", "uri": URI}, **request}
    add_run(fake.ledger, RunStatus.PENDING, run_id=LATER, **fields)
    found = prepare_dataset(
        run_id=LATER,
        request=RunRequest.model_validate(fields),
        source=fake.store,
        store=fake.store,
        tokenizer=WordTokenizer(),
        workers=SerialWorkers(),
        ledger=fake.ledger,
        start=StartPoint(stage="training", dataset=earlier, grader_arn=ARN),
    )
    assert isinstance(found, PreparedDataset)
    return found


def test_adopted_rows_differ_only_in_their_run_id(prepared: tuple[FakePreparation, PreparedDataset]) -> None:
    fake, earlier = prepared
    fake.store.objects.pop(URI)  # the source is not read again
    later = take_up(fake, earlier, hyperparameters={"epochCount": 3})
    assert (later.digest, later.train_rows) == (earlier.digest, earlier.train_rows)
    assert {row.run_id for row in fake.rows(later.train_uri)} == {LATER}
    before, after = (
        [row.model_dump(exclude={"run_id"}) for row in fake.rows(uri)] for uri in (earlier.train_uri, later.train_uri)
    )
    assert before == after
    assert later.hyperparameters == earlier.hyperparameters.model_copy(update={"epochCount": 3})
    stored = fake.ledger.get(LATER).dataset
    assert stored is not None
    assert stored.digest == earlier.digest


def test_rows_that_changed_since_are_refused(prepared: tuple[FakePreparation, PreparedDataset]) -> None:
    fake, earlier = prepared
    body = fake.store.objects[earlier.train_uri]
    fake.store.objects[earlier.train_uri] = body.replace(b"First answer", b"Worst answer", 1)
    with pytest.raises(DatasetInvalid, match=f"the rows of {RUN_ID} are no longer those of its manifest"):
        take_up(fake, earlier)


def test_a_pilot_trains_on_a_sample_of_the_same_dataset(prepared: tuple[FakePreparation, PreparedDataset]) -> None:
    fake, earlier = prepared
    pilot = take_up(fake, earlier, mode="pilot")
    assert (pilot.digest, pilot.train_rows) == (earlier.digest, 100)
    assert pilot.validation_rows == min(50, earlier.validation_rows)
    sample, rows = ({row.task_id for row in fake.rows(uri)} for uri in (pilot.train_uri, earlier.train_uri))
    assert len(sample) == 100
    assert sample < rows
    chosen = fake.ledger.get(LATER).hyperparameters
    assert chosen is not None
    assert {n: (r.value, r.source) for n, r in chosen.items() if r.source == "pilot"} == {
        "batchSize": (16, "pilot"),
        "epochCount": (1, "pilot"),
        "evalInterval": (5, "pilot"),
    }
    assert pilot.hyperparameters.batchSize == 16
