"""What the checks of a dataset's rows say, through check_rows."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.checks import Check, DatasetChecks
from rft.contracts.run_request import Split
from rft.datasets.checks import RowFigures, blocks, check_rows
from rft.datasets.duplicates import DuplicateIndex, shingles, signature, similarity
from rft.datasets.profile import MAX_ROWS, profile_rows

WORDS = [f"word{n}" for n in range(4000)]


def prompt(seed: int, words: int = 60) -> str:
    """A prompt like no other."""
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def row(text: str, reference: Any = None, task_id: str = "t") -> bytes:
    answer = {"label": text[:20]} if reference is None else reference
    return json.dumps(
        {"messages": [{"role": "user", "content": text}], "reference_answer": answer, "task_id": task_id}
    ).encode()


def checked(
    train: Sequence[bytes],
    validation: Sequence[bytes] = (),
    test: Sequence[bytes] = (),
    *,
    strategy: str = "grouped",
    groups: dict[str, list[int]] | None = None,
    labels: dict[str, int] | None = None,
    tokens: dict[int, int] | None = None,
) -> DatasetChecks:
    rows = {"train": train, "validation": validation, "test": test}
    figures = RowFigures(
        split=Split(strategy=strategy),  # type: ignore[arg-type]
        rows={name: len(found) for name, found in rows.items()},  # type: ignore[misc]
        shared_rows=sum(group in groups["train"] for name in ("validation", "test") for group in groups[name])
        if groups
        else 0,
        labels=labels or {},
        prompt_tokens=tokens or {10: 1},
        max_prompt_length=100,
    )
    read = profile_rows({name: len(found) for name, found in rows.items()}, lambda split, at: rows[split][at])  # type: ignore[misc]
    return check_rows("r", figures, read)


def check(found: DatasetChecks, name: str) -> Check:
    return next(each for each in found.checks if each.name == name)


def different(count: int, start: int = 0) -> list[bytes]:
    return [row(prompt(start + n), task_id=f"t-{start + n}") for n in range(count)]


def test_a_valid_dataset_passes_and_unchecked_parts_are_marked() -> None:
    found = checked(different(100), different(10, 500), different(10, 600), labels={"a": 60, "b": 60})
    verdicts = {each.name: each.result.value for each in found.checks}
    assert verdicts.pop("base_model_misses") == "skipped"
    assert set(verdicts.values()) == {"pass"}
    assert (found.rows, found.rows_read) == (120, 120)
    assert blocks(found) == ()


def test_duplicate_and_near_duplicate_prompts_are_distinguished() -> None:
    rows = different(90)
    near = [prompt(n) + " indeed" for n in range(3)]
    rows += [row(prompt(5), task_id="same"), *(row(text, task_id=f"near-{n}") for n, text in enumerate(near))]
    found = checked(rows)
    assert (check(found, "repeated_prompts").value, check(found, "near_duplicates").value) == (1 / 94, 3 / 94)
    assert [each.task_id for each in check(found, "repeated_prompts").worst_examples] == ["same"]
    assert check(found, "repeated_prompts").result == "warn"


def test_a_tasks_template_makes_no_prompts_near_duplicates() -> None:
    template = prompt(1, words=300)
    rows = [row(f"{template} {prompt(100 + n, words=20)}") for n in range(100)]
    assert check(checked(rows), "near_duplicates").value == 0


def test_a_held_out_prompt_that_is_in_training_is_a_leak() -> None:
    same, near = row(prompt(3), task_id="same"), row(prompt(4) + " indeed", task_id="near")
    found = check(checked(different(100), [same], [near, *different(8, 900)], strategy="random"), "leaks")
    assert (found.result, found.n, found.value) == ("warn", 10, 0.2)
    assert {each.task_id for each in found.worst_examples} == {"same", "near"}


@pytest.mark.parametrize(("strategy", "verdict"), [("random", "warn"), ("grouped", "block")])
def test_shared_questions_warn_in_random_splits_and_block_in_grouped_ones(strategy: str, verdict: str) -> None:
    groups = {"train": [1, 2, 3], "validation": [3, 4], "test": [5]}
    found = checked(different(3), different(2, 10), different(1, 20), strategy=strategy, groups=groups)
    shared = check(found, "shared_groups")
    assert (shared.result, shared.n, shared.value) == (verdict, 3, 1 / 3)
    assert bool(blocks(found)) == (verdict == "block")


@pytest.mark.parametrize(
    ("tokens", "verdict"), [({100: 9}, "pass"), ({100: 9, 101: 1}, "warn"), ({100: 4, 101: 6}, "block")]
)
def test_prompts_that_would_be_dropped_are_counted(tokens: dict[int, int], verdict: str) -> None:
    found = check(checked(different(5), tokens=tokens), "prompt_length")
    assert found.result == verdict
    assert ("dropped" in found.detail) == (verdict != "pass")


@pytest.mark.parametrize("empty", ["", "  ", {}, {"label": ""}, {"a": {"b": None}}])
def test_empty_references_are_named(empty: Any) -> None:
    found = check(checked([*different(9), row(prompt(50), empty, "hollow")]), "references")
    assert (found.result, found.value, [each.task_id for each in found.worst_examples]) == ("warn", 0.1, ["hollow"])


def test_identical_references_are_reported() -> None:
    found = check(checked([row(prompt(n), "42") for n in range(20)]), "references")
    assert found.result == "warn"
    assert "one and the same" in found.detail


def test_unbalanced_labels_warn_and_missing_labels_skip_the_check() -> None:
    lopsided = check(checked(different(3), labels={"a": 95, "b": 5}), "label_balance")
    assert (lopsided.result, lopsided.value) == ("warn", 0.95)
    assert check(checked(different(3), labels={"a": 90, "b": 10}), "label_balance").result == "pass"
    assert check(checked(different(3)), "label_balance").result == "skipped"


def test_splits_in_different_scripts_are_detected() -> None:
    latin, cyrillic = different(20), [row("Где здесь что-то новое") for _ in range(5)]
    found = check(checked(latin, cyrillic), "scripts")
    assert (found.result, found.value) == ("warn", 1.0)
    assert {part.name for part in found.parts} == {"latin", "cyrillic"}
    assert check(checked([row("12 + 34")], [row("5")]), "scripts").result == "skipped"


def test_the_same_rows_give_the_same_checks() -> None:
    rows = different(60) + different(5)
    assert checked(rows, different(10)) == checked(rows, different(10))


def test_a_large_dataset_is_sampled_and_every_result_of_a_sample_says_so() -> None:
    body = row(prompt(1, words=5))
    rows = [body] * (MAX_ROWS + 10)
    found = checked(rows, tokens={10: len(rows)}, labels={"a": len(rows)})
    assert (found.rows, found.rows_read) == (MAX_ROWS + 10, (MAX_ROWS + 10) // 2)
    assert f"a sample of {found.rows_read} of {found.rows} rows" in check(found, "repeated_prompts").detail
    assert "sample" not in check(found, "prompt_length").detail


def test_4000_rows_take_a_few_seconds() -> None:
    """20,000 of this length, the most that are read, take five times as long: well under a minute."""
    rows = [row(prompt(n, words=250)) for n in range(4000)]
    began = time.process_time()
    checked(rows)
    assert time.process_time() - began < 12


@given(st.lists(st.text(max_size=200), min_size=1, max_size=30))
def test_any_text_can_be_checked(texts: list[str]) -> None:
    found = checked([row(text or ".") for text in texts])
    repeated = len(texts) - len({text or "." for text in texts})
    assert check(found, "repeated_prompts").value == repeated / len(texts)


@given(shared=st.integers(0, 300), own=st.integers(0, 100))
def test_similarity_is_estimated_within_five_standard_errors(shared: int, own: int) -> None:
    numbers = random.Random(shared * 1000 + own).sample(range(2**32), shared + 2 * own + 1)
    common, rest = set(numbers[: shared + 1]), numbers[shared + 1 :]
    one, other = signature(common | set(rest[:own])), signature(common | set(rest[own:]))
    assert one is not None
    assert other is not None
    truth = (shared + 1) / (shared + 1 + 2 * own)
    assert abs(similarity(one, other) - truth) <= 5 * (truth * (1 - truth) / 64) ** 0.5 + 0.13


def test_a_tasks_common_prefix_does_not_count_for_the_script() -> None:
    head = "Which of these answers is the better one? " * 20
    rows = [row(head + chr(0x4E00 + n) * 9) for n in range(200)]
    mix = check(checked(rows[:180], rows[180:]), "scripts")
    assert [part.name for part in mix.parts] == ["cjk"]


def test_a_row_without_the_common_prefix_is_read_in_full() -> None:
    head = "Which of these answers is the better one? " * 20
    odd = row(prompt(1) + head, task_id="odd"), row(prompt(1) + head + "!", task_id="nearly")
    found = check(checked([*(row(head + prompt(n)) for n in range(2, 900)), *odd]), "near_duplicates")
    assert [example.task_id for example in found.worst_examples] == ["nearly"]


def test_near_prompts_are_found_among_many_that_share_phrases() -> None:
    phrases = [prompt(10_000 + n, 12) for n in range(40)]
    rows = [" ".join([*random.Random(n).sample(phrases, 3), prompt(n, 24)]) for n in range(300)]
    seen = DuplicateIndex()
    assert not any(seen.nearly(signature(shingles(text))) for text in rows)
    changed = [" ".join([*text.split()[:40], "changed", *text.split()[41:]]) for text in rows]
    assert all(seen.nearly(signature(shingles(text))) for text in changed)


def test_a_prompt_without_own_words_has_no_near_duplicate() -> None:
    seen = DuplicateIndex()
    assert not seen.nearly(signature(set()))
    assert not seen.nearly(signature(shingles("a b c") - shingles("A  b c")))
