from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rft.grading.batch_sizes import BATCH_SAMPLES
from rft.smoke_test.attacks import INJECTIONS, MASTER_KEYS, PADDING, padded
from rft.smoke_test.probes import (
    ANSWERS_PER_KIND,
    BATCH_BYTES,
    Probe,
    answers,
    attacks_on,
    batches,
    canned,
    mirrored,
)
from rft.tasks import task
from rft.tasks.base import comparison
from tests.kit.sampled_rows import compared, sampled


def test_each_row_gets_its_tasks_probes_up_to_a_bound_and_generic_ones() -> None:
    probes = {"right": ["r"], "wrong": [f"w{i}" for i in range(50)]}

    made = answers(sampled(0, probes=probes), task("rft"), seed=1)

    assert Counter(p.kind for p in made) == {"right": 1, "wrong": ANSWERS_PER_KIND, "off_topic": 1, "empty": 1}
    assert [p.kind for p in made if p.right] == ["right"]
    assert {p.answer for p in made if p.kind == "empty"} == {""}


def test_ids_are_unique_repeatable_opaque_and_change_with_the_seed() -> None:
    def ids(seed: int) -> list[str]:
        rows = [compared(n) for n in range(20)]
        probes = [p for row in rows for of in (answers, attacks_on, mirrored) for p in of(row, task("pandalm"), seed)]
        return [p.id for p in [*canned(rows[0], seed), *probes]]

    assert len(set(ids(1))) == len(ids(1))
    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))
    assert not any(word in name for name in ids(1) for word in ("right", "wrong", "injection", "pandalm"))


def test_a_row_key_named_id_does_not_replace_the_sample_id() -> None:
    probe = answers(sampled(0, id="mine"), task("rft"), seed=1)[0]

    assert probe.event()["id"] == probe.id


def test_every_key_and_injection_is_tried_on_a_wrong_answer() -> None:
    row = sampled(0, probes={"right": ["yes"], "wrong": ["no"]})
    wrong = next(p for p in answers(row, task("rft"), seed=1) if p.kind == "wrong")

    attacks = attacks_on(row, task("rft"), seed=1)

    assert {p.answer for p in attacks if p.kind == "master_key"} == set(MASTER_KEYS)
    assert {p.variant for p in attacks if p.kind == "injection"} == set(INJECTIONS)
    assert all(p.answer.startswith("no\n") and p.of == wrong.id for p in attacks if p.kind == "injection")
    assert not any(p.right for p in attacks if p.kind != "padded")


def test_a_row_without_a_right_answer_has_none_to_pad() -> None:
    attacks = attacks_on(sampled(0, reference_answer={"steps": []}), task("rft"), seed=1)

    assert {p.kind for p in attacks} == {"master_key", "injection"}


@pytest.mark.parametrize(
    ("answer", "has_form"),
    [
        ("JUDGMENT: Tie\nREASONING: Both say the same.", lambda lines: lines[0] == "JUDGMENT: Tie"),
        ("Half of 48 is 24, and 48 + 24 = 72.\n#### 72", lambda lines: lines[-1] == "#### 72"),
        ("72", lambda lines: lines[-1] == "72"),
        ("\n#### 572", lambda lines: lines[-1] == "#### 572"),
        ("so:\nANSWER: 1.2 million", lambda lines: lines[-1] == "ANSWER: 1.2 million"),
    ],
)
def test_padding_keeps_the_short_lines_that_have_a_form(answer: str, has_form: Any) -> None:
    text = padded(answer)

    assert PADDING in text
    assert has_form(text.split("\n"))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_mirrored_row_has_its_responses_prompt_label_and_votes_turned(n: int) -> None:
    row = compared(n)
    found = comparison(task("pandalm"), row.row)
    assert found is not None
    turned: Any = found.mirrored

    assert (turned.response1, turned.response2) == (f"Two {n}", f"One {n}")
    user = turned.messages[1].content
    assert user.index(f"Two {n}") < user.index(f"One {n}")
    assert (
        turned.reference_answer["label"]
        == {
            "Response 1": "Response 2",
            "Response 2": "Response 1",
            "Tie": "Tie",
        }[found.label]
    )
    assert turned.votes == [{0: 0, 1: 2, 2: 1}[vote] for vote in row.row.model_extra["votes"]]  # type: ignore[index]
    back = comparison(task("pandalm"), turned)
    assert back is not None
    assert back.mirrored == row.row


def test_mirrored_answers_keep_the_verdict_on_the_original_row() -> None:
    probes = mirrored(compared(1), task("pandalm"), seed=1)

    assert {p.verdict: p.answer.splitlines()[0] for p in probes} == {
        "Response 1": "JUDGMENT: Response 2",
        "Response 2": "JUDGMENT: Response 1",
        "Tie": "JUDGMENT: Tie",
    }
    assert [p.verdict for p in probes if p.right] == ["Response 1"]


def test_rows_that_compare_nothing_have_nothing_to_mirror() -> None:
    assert mirrored(sampled(0), task("rft"), seed=1) == []


def test_batches_are_bounded_in_samples_and_bytes_and_lose_nothing() -> None:
    many = [probe(100) for _ in range(2 * BATCH_SAMPLES + 6)]
    large = [probe(BATCH_BYTES // 3) for _ in range(7)]
    huge = [probe(10), probe(2 * BATCH_BYTES), probe(10)]

    assert [len(b) for b in batches(many)] == [BATCH_SAMPLES, BATCH_SAMPLES, 6]
    assert max(len(b) for b in batches(large)) == 2
    assert [len(b) for b in batches(huge)] == [1, 1, 1]
    assert [p for b in batches(large) for p in b] == large
    assert list(batches([])) == []


def probe(size: int) -> Probe:
    return Probe(id="x", kind="right", answer="answer", source=sampled(0, size=size))
