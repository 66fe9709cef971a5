"""Common parts of the published RFT recipes of Nova 2 Lite for SageMaker training jobs and HyperPod.

Keys, example values and allowed values: github.com/aws/sagemaker-hyperpod-recipes,
recipes_collection/recipes/fine-tuning/nova/nova_2_0/nova_lite/RFT.
"""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import Any

from rft_cli.exporters.recipe import TrainedRun

MODEL_PATH = "nova-lite-2/prod"
BATCH_SIZES = (16, 32, 64, 128, 256)
"""Allowed values of global_batch_size."""
REASONING_EFFORTS = ("high", "low")

CARRIED_FIELDS = frozenset({"name", "base_model", "grader.name", "grader.lambda_arn", "dataset.task", "dataset.uri"})
"""Request fields contained in every recipe: the grader as its ARN, the dataset as prepared rows."""


@dataclass(frozen=True)
class PublishedValues:
    """Example values of one published recipe, used for hyperparameters that a run does not set."""

    learning_rate: float
    batch_size: int
    samples_per_prompt: int
    max_new_tokens: int
    max_length: int


@dataclass(frozen=True)
class NovaHyperparameters:
    """A run's hyperparameters under the recipes' keys, with notes on changed values."""

    values: PublishedValues
    max_steps: int
    reasoning_effort: str | None
    holds: frozenset[str]
    notes: dict[str, str]
    assumptions: tuple[str, ...]


def nova_hyperparameters(run: TrainedRun, published: PublishedValues) -> NovaHyperparameters:
    """The run's values, completed by the published ones."""
    given = run.hyperparameters
    batch = _nearest_batch(given.get("batchSize", published.batch_size))
    effort = given.get("reasoningEffort")
    values = PublishedValues(
        learning_rate=given.get("learningRate", published.learning_rate),
        batch_size=batch,
        samples_per_prompt=given.get("trainingSamplePerPrompt", published.samples_per_prompt),
        max_new_tokens=given.get("inferenceMaxTokens", published.max_new_tokens),
        max_length=_max_length(given, published),
    )
    notes = _notes(given, batch, effort)
    return NovaHyperparameters(
        values=values,
        max_steps=math.ceil(run.dataset.train_rows / batch) * given.get("epochCount", 1),
        reasoning_effort=effort if effort in REASONING_EFFORTS else None,
        holds=CARRIED_FIELDS | {f"hyperparameters.{name}" for name in CARRIED} - notes.keys(),
        notes=notes,
        assumptions=(*_defaults(given), REST),
    )


CARRIED = {
    "batchSize": "global_batch_size",
    "trainingSamplePerPrompt": "number_generation",
    "inferenceMaxTokens": "max_new_tokens",
    "maxPromptLength": "max_length",
    "learningRate": "optim_config.lr",
    "epochCount": "max_steps",
    "reasoningEffort": "reasoning_effort",
}
"""Bedrock's name → the recipes' key."""

PUBLISHED = "the published recipe's"
DEFAULTS = {
    "epochCount": "one epoch",
    "reasoningEffort": "no reasoning",
    "maxPromptLength": "the recipe's prompt length",
}
REST = "all keys not named above: the published recipe's values; it has no validation rows"


def rollout(values: PublishedValues, *, grader_arn: str, top_k: int, concurrency: int) -> dict[str, Any]:
    """Sampling and scoring of answers: the section `training_config.rollout`."""
    return {
        "advantage_strategy": {"number_generation": values.samples_per_prompt},
        "generator": {
            "max_new_tokens": values.max_new_tokens,
            "set_random_seed": True,
            "temperature": 1,
            "top_k": top_k,
        },
        "rewards": {"api_endpoint": {"lambda_arn": grader_arn, "lambda_concurrency_limit": concurrency}},
    }


def optimizer(values: PublishedValues) -> dict[str, Any]:
    """The section `trainer.optim_config`."""
    return {"lr": values.learning_rate, "weight_decay": 0.0, "adam_beta1": 0.9, "adam_beta2": 0.95}


def launcher_command(results: str) -> str:
    """The command that starts a recipe from the recipes' repository; results are written to a folder."""
    return (
        "# With the recipe as recipes_collection/recipes/custom.yaml of aws/sagemaker-hyperpod-recipes:\n"
        f"HYDRA_FULL_ERROR=1 python3 main.py recipes=custom base_results_dir={shlex.quote(results)}"
    )


def _defaults(given: Any) -> list[str]:
    return [
        f"{key}: the run leaves {name} to Bedrock; the value is {DEFAULTS.get(name, PUBLISHED)}"
        for name, key in CARRIED.items()
        if name not in given
    ]


def _notes(given: Any, batch: int, effort: str | None) -> dict[str, str]:
    notes = {"hyperparameters.evalInterval": "the recipe has no evaluation during training"}
    if given.get("batchSize", batch) != batch:
        allowed = ", ".join(map(str, BATCH_SIZES))
        notes["hyperparameters.batchSize"] = f"{given['batchSize']} became {batch}; the recipe allows {allowed}"
    if effort not in (None, *REASONING_EFFORTS):
        notes["hyperparameters.reasoningEffort"] = f"{effort} became null; the recipe allows high, low and null"
    return notes


def _nearest_batch(size: int) -> int:
    return min(BATCH_SIZES, key=lambda allowed: (abs(allowed - size), allowed))


def _max_length(given: Any, published: PublishedValues) -> int:
    """Maximum tokens of prompt and answer together."""
    answer = given.get("inferenceMaxTokens", published.max_new_tokens)
    prompt = given.get("maxPromptLength", published.max_length - published.max_new_tokens)
    return int(prompt + answer)
