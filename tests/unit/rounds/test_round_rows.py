"""Rounds in memory: which rows a run takes over from the run before, and what it adds to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from rft.contracts.dataset import DatasetRow, Manifest, Recommendation
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import RunRequest
from rft.contracts.steps import PreparedDataset
from rft.datasets.bounds import Bounds
from rft.errors import DatasetInvalid, DatasetNotFound, DatasetSizeOutOfBounds
from rft.steps.prepare_dataset import prepare_dataset
from tests.kit.fake_preparation import FOLDER, URI, FakePreparation, record
from tests.kit.fakes.clock import FixedClock
from tests.kit.fakes.rollout_reader import MemoryRollouts
from tests.kit.fakes.tokenizer import WordTokenizer
from tests.kit.fakes.workers import SerialWorkers
from tests.kit.records import RUN_ID, add_run
from tests.kit.rollouts import group

ROUND = RUN_ID.replace("1a2b3c4d", "2b3c4d5e")
NEW = "s3://data-bucket/datasets/new.json"
FEW = Bounds(10, 20_000)
FOLDER_OF_ROUND = FOLDER.replace(RUN_ID, ROUND)


class FakeRound:
    """300 comparisons, prepared and trained on; `train_ids` are the ids of the training rows."""

    def __init__(self, raw: Sequence[dict[str, Any]] | None = None) -> None:
        self.before = FakePreparation().holds(raw or [record(number) for number in range(300)])
        self.before.prepare()
        chosen = {"trainingSamplePerPrompt": Recommendation(value=2, source="task", reason="")}
        self.before.ledger.update(RUN_ID, {"hyperparameters": chosen})
        self.reader, self.clock = MemoryRollouts(), FixedClock()
        self.train_ids = [row.task_id for row in self.rows(self.before.manifest, "train")]

    def score(self, *scores: float | None, row: str, **more: Any) -> None:
        """A group of rollouts of a training row, later than those before."""
        self.clock.advance(seconds=1)
        self.reader.put(RUN_ID, self.clock.now(), group(*scores, task=row, **more))

    def prepare(
        self, new: list[dict[str, Any]] | None = None, bounds: Bounds = FEW, **from_run: Any
    ) -> PreparedDataset:
        uri = URI if new is None else NEW
        if new is not None:
            self.before.store.objects[NEW] = json.dumps(new).encode()
        request = {
            "name": "pandalm-judge",
            "dataset": {"task": "pandalm", "uri": uri},
            "from_run": {"run_id": RUN_ID, **from_run},
        }
        if ROUND not in self.before.ledger.records:
            add_run(self.before.ledger, RunStatus.PENDING, run_id=ROUND, **request)
        found = prepare_dataset(
            run_id=ROUND, request=RunRequest.model_validate(request), source=self.before.store,
            store=self.before.store, tokenizer=WordTokenizer(), workers=SerialWorkers(), ledger=self.before.ledger,
            bounds=bounds, rollouts=self.reader,
        )  # fmt: skip
        assert isinstance(found, PreparedDataset)
        return found

    @property
    def manifest(self) -> Manifest:
        return Manifest.model_validate_json(self.before.store.objects[f"{FOLDER_OF_ROUND}/manifest.json"])

    def rows(self, manifest: Manifest, split: Any) -> list[DatasetRow]:
        return self.before.rows(manifest.files[split].uri)

    @property
    def trained(self) -> Mapping[str, DatasetRow]:
        return {row.task_id: row for row in self.rows(self.manifest, "train")}


@pytest.fixture
def fake() -> FakeRound:
    fake = FakeRound()
    fake.score(0.2, 0.8, row=fake.train_ids[3])
    return fake


def test_solved_and_hopeless_rows_are_left_out(fake: FakeRound) -> None:
    solved, hopeless, mixed = fake.train_ids[:3]
    fake.score(1.0, 0.95, row=solved)
    fake.score(0.0, 0.1, row=hopeless)
    fake.score(1.0, 0.0, row=mixed)
    fake.prepare()
    assert set(fake.trained) == set(fake.train_ids) - {solved, hopeless}
    found = fake.manifest.round
    assert found is not None
    assert (found.run_id, found.number, found.solved, found.hopeless, found.added) == (RUN_ID, 2, 1, 1, 0)
    assert (found.remaining, found.unmeasured) == (len(fake.train_ids) - 2, len(fake.train_ids) - 4)
    summary = fake.before.ledger.get(ROUND).dataset
    assert summary is not None
    assert summary.round == found


def test_only_the_last_rollouts_of_a_row_count(fake: FakeRound) -> None:
    learned, forgotten = fake.train_ids[:2]
    fake.score(0.0, 0.0, row=learned)
    fake.score(1.0, 1.0, row=forgotten)
    fake.score(1.0, 1.0, row=learned)
    fake.score(0.0, 1.0, row=forgotten)
    fake.prepare()
    assert (learned in fake.trained, forgotten in fake.trained) == (False, True)


def test_an_error_is_no_score_and_one_score_decides_nothing(fake: FakeRound) -> None:
    fake.score(None, 1.0, row=fake.train_ids[0])
    fake.score(1.0, 1.0, row=fake.train_ids[1], split="validation")
    fake.prepare()
    assert set(fake.trained) == set(fake.train_ids)


def test_the_thresholds_come_from_the_request(fake: FakeRound) -> None:
    fake.score(0.8, 0.85, row=fake.train_ids[0])
    fake.score(0.0, 0.0, row=fake.train_ids[1])
    fake.prepare(solved_score=0.8, hopeless_score=None)
    assert set(fake.trained) == set(fake.train_ids) - {fake.train_ids[0]}


def test_validation_and_test_rows_stay_as_they_are(fake: FakeRound) -> None:
    fake.prepare([record(number) for number in range(900, 930)])
    before = fake.before.manifest
    for split in ("validation", "test"):
        assert fake.manifest.identities[split] == before.identities[split]
        assert {row.run_id for row in fake.rows(fake.manifest, split)} == {ROUND}
    assert fake.manifest.identities["train"] != before.identities["train"]


def test_new_records_are_added_to_the_training_rows(fake: FakeRound) -> None:
    fake.prepare([record(number) for number in range(900, 930)])
    found = fake.manifest.round
    assert found is not None
    assert (found.added, found.known, found.held_out) == (30, 0, 0)
    questions = {row.reference_answer["question"] for row in fake.trained.values()}  # type: ignore[index]
    assert any("Task 300" in question for question in questions)
    assert fake.manifest.source.uri == NEW
    assert len(fake.trained) == len(fake.train_ids) + 30  # no id is there twice


def test_the_same_records_again_add_nothing(fake: FakeRound) -> None:
    fake.prepare([record(number) for number in range(300)])
    found = fake.manifest.round
    assert found is not None
    assert (found.added, found.known) == (0, len(fake.train_ids))
    assert found.held_out == 300 - len(fake.train_ids)


def wordy(number: int, *more: str) -> dict[str, Any]:
    """A comparison whose prompt shares no run of words with another group's."""
    words = [f"w{number // 3}x{at}" for at in range(40)]
    return record(number, instruction=" ".join([*words, *more]))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_new_record_that_is_nearly_a_held_out_one_is_left_out(split: str) -> None:
    fake = FakeRound([wordy(number) for number in range(300)])
    number = int(fake.rows(fake.before.manifest, split)[0].task_id.split("-")[1]) - 1
    new = [wordy(number, "today"), *(wordy(each) for each in range(900, 910))]
    fake.prepare(new, solved_score=None, hopeless_score=None)
    found = fake.manifest.round
    assert found is not None
    assert (found.held_out, found.known, found.added) == (1, 0, 10)


def test_too_few_rows_that_are_left_are_refused(fake: FakeRound) -> None:
    for row in fake.train_ids[5:]:
        fake.score(1.0, 1.0, row=row)
    with pytest.raises(DatasetSizeOutOfBounds, match="min 100 training rows"):
        fake.prepare(bounds=Bounds(100, 20_000))


def test_rollouts_that_have_expired_are_named() -> None:
    with pytest.raises(DatasetInvalid, match=f"rollouts of {RUN_ID}"):
        FakeRound().prepare()


def test_without_thresholds_no_rollouts_are_needed() -> None:
    fake = FakeRound()
    fake.prepare(solved_score=None, hopeless_score=None)
    assert set(fake.trained) == set(fake.train_ids)


def test_rows_that_have_expired_are_named(fake: FakeRound) -> None:
    del fake.before.store.objects[fake.before.manifest.files["test"].uri]
    with pytest.raises(DatasetNotFound):
        fake.prepare()


def test_rows_that_differ_from_the_manifest_are_refused(fake: FakeRound) -> None:
    uri = fake.before.manifest.files["test"].uri
    body = fake.before.store.objects[uri]
    fake.before.store.objects[uri] = body[: body.index(b"\n") + 1]
    with pytest.raises(DatasetInvalid, match="the manifest of"):
        fake.prepare()


def test_a_round_is_prepared_deterministically(fake: FakeRound) -> None:
    new = [record(number) for number in range(900, 930)]
    first = fake.prepare(new)
    files = {uri: body for uri, body in fake.before.store.objects.items() if ROUND in uri}
    assert fake.prepare(new) == first
    assert {uri: body for uri, body in fake.before.store.objects.items() if ROUND in uri} == files
