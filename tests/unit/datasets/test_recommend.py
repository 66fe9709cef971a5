from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.contracts.dataset import Recommendation
from rft.contracts.run_request import HyperParameters
from rft.datasets.recommend import recommend
from rft.datasets.tokens import token_statistics

LENGTHS = st.lists(st.integers(1, 50_000), min_size=1, max_size=300)


def recommended(
    tokens: list[int], rows: int = 800, preset: dict[str, Any] | None = None, **requested: Any
) -> dict[str, Recommendation]:
    p99 = token_statistics(Counter(tokens), "test").p99
    return recommend(
        prompt_tokens=Counter(tokens),
        p99=p99,
        train_rows=rows,
        preset=preset or {},
        request=HyperParameters(**requested),
    )


@given(LENGTHS)
def test_prompt_length_is_twice_p99_never_under_the_longest_in_steps_of_64(tokens: list[int]) -> None:
    value = recommended(tokens)["maxPromptLength"].value
    floor = max(2 * token_statistics(Counter(tokens), "test").p99, *tokens)
    assert isinstance(value, int)
    assert value % 64 == 0
    assert floor <= value < floor + 64


def test_one_very_long_prompt_is_not_dropped() -> None:
    assert recommended([100] * 999 + [9000])["maxPromptLength"].value == 9024


@given(st.integers(100, 20_000), LENGTHS)
def test_every_hyperparameter_gets_a_value_that_bedrock_takes_and_a_reason(rows: int, tokens: list[int]) -> None:
    chosen = recommended(tokens, rows)
    assert chosen.keys() == HyperParameters.model_fields.keys()
    HyperParameters.model_validate({name: each.value for name, each in chosen.items()})
    assert all(each.reason for each in chosen.values())


@pytest.mark.parametrize(
    ("rows", "batch", "epochs", "interval"),
    [(100, 16, 6, 6), (160, 16, 4, 10), (799, 16, 1, 10), (801, 32, 2, 10), (3200, 128, 2, 10), (20_000, 128, 1, 10)],
)
def test_batches_and_epochs_fit_the_number_of_rows(rows: int, batch: int, epochs: int, interval: int) -> None:
    chosen = recommended([100], rows)
    assert chosen["batchSize"].value == batch
    assert chosen["epochCount"].value == epochs
    assert chosen["evalInterval"].value == interval


def test_settings_come_from_the_request_then_task_then_statistics() -> None:
    preset = {"learningRate": (5e-5, "the task's"), "epochCount": (3, "the task's")}
    chosen = recommended([100], preset=preset, learningRate=2e-5, batchSize=64)
    assert [(chosen[name].value, chosen[name].source) for name in ("learningRate", "epochCount", "evalInterval")] == [
        (2e-5, "request"),
        (3, "task"),
        (10, "statistics"),
    ]
    assert chosen["batchSize"] == Recommendation(value=64, source="request", reason="as requested")


def test_a_requested_batch_decides_how_often_to_evaluate() -> None:
    assert recommended([100], 120, batchSize=512)["evalInterval"].value == 1


def test_a_requested_prompt_length_that_drops_prompts_is_kept_and_says_so() -> None:
    chosen = recommended([100, 200, 300], maxPromptLength=150)["maxPromptLength"]
    assert chosen.value == 150
    assert "2 of 3 prompts" in chosen.reason
    assert "WARNING" not in recommended([100, 200, 300], maxPromptLength=300)["maxPromptLength"].reason


def test_more_reasoning_than_the_task_expects_gets_more_tokens() -> None:
    preset = {"reasoningEffort": ("low", "-"), "inferenceMaxTokens": (2048, "-")}
    assert recommended([1], preset=preset)["inferenceMaxTokens"].value == 2048
    chosen = recommended([1], preset=preset, reasoningEffort="high")["inferenceMaxTokens"]
    assert (chosen.value, chosen.source) == (8192, "request")


def test_too_few_tokens_for_the_reasoning_are_kept_with_a_warning() -> None:
    chosen = recommended([1], reasoningEffort="high", inferenceMaxTokens=500)["inferenceMaxTokens"]
    assert chosen.value == 500
    assert "before the answer begins" in chosen.reason


def test_statistics_are_measured_lengths() -> None:
    figures = token_statistics(Counter(range(1, 201)), "cl100k_base")
    assert (figures.min, figures.max, figures.mean, figures.total) == (1, 200, 100.5, 20_100)
    assert (figures.p50, figures.p95, figures.p99) == (100, 190, 198)
    assert token_statistics(Counter([7]), "x").p99 == 7
