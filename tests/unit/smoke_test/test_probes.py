from __future__ import annotations

from collections.abc import Mapping

from rft.contracts.dataset import DatasetRow
from rft.smoke_test.probes import ANSWERS_PER_KIND, BATCH_BYTES, BATCH_SAMPLES, Probe, batches, canned, write_probes
from rft.smoke_test.sampling import SampledRow
from rft.tasks import task


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


def test_every_kind_the_task_knows_is_asked_up_to_a_bound() -> None:
    probes: Mapping[str, list[str]] = {"right": ["r"], "wrong": [f"w{i}" for i in range(50)]}

    written = write_probes([sampled(0, probes=probes)], task("rft"), seed=1)

    assert sorted(p.kind for p in written) == ["right", *["wrong"] * ANSWERS_PER_KIND]


def test_ids_are_unique_repeatable_and_change_with_the_seed() -> None:
    rows = [sampled(n) for n in range(20)]

    def ids(seed: int) -> list[str]:
        return [p.id for p in [*canned(rows[0], seed), *write_probes(rows, task("rft"), seed)]]

    assert len(set(ids(1))) == len(ids(1))
    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))


def test_a_row_key_named_id_does_not_replace_the_sample_id() -> None:
    (probe,) = write_probes([sampled(0, id="mine")], task("rft"), seed=1)

    assert probe.event()["id"] == probe.id


def test_batches_are_bounded_in_samples_and_bytes_and_lose_nothing() -> None:
    many = [probe(100) for _ in range(70)]
    large = [probe(BATCH_BYTES // 3) for _ in range(7)]
    huge = [probe(10), probe(2 * BATCH_BYTES), probe(10)]

    assert [len(b) for b in batches(many)] == [BATCH_SAMPLES, BATCH_SAMPLES, 6]
    assert max(len(b) for b in batches(large)) == 2
    assert [len(b) for b in batches(huge)] == [1, 1, 1]
    assert [p for b in batches(large) for p in b] == large
    assert list(batches([])) == []


def probe(size: int) -> Probe:
    return Probe(id="x", kind="right", answer="answer", source=sampled(0, size=size))
