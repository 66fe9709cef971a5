"""Recipes for other trainers: only published keys, nothing lost that is not named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rft.adapters.bedrock.service_model import validate
from rft.contracts.dataset import Recommendation
from rft.contracts.ledger import RunStatus
from rft.contracts.run_request import HyperParameters
from rft.contracts.steps import PreparedDataset
from rft_cli.exporters import EXPORTERS
from rft_cli.exporters.recipe import Recipe, TrainedRun, losses
from tests.kit.fakes.api import FakeApi
from tests.kit.records import RUN_ID, run_record
from tests.kit.rft_command import CommandResult, Rft
from tests.kit.views import view

GRADER = "arn:aws:lambda:us-east-1:123456789012:function:grade:7"
TRAIN = f"s3://data-bucket/runs/{RUN_ID}/dataset/train-160.jsonl"
CHOSEN: dict[str, Any] = {
    "epochCount": 3,
    "batchSize": 64,
    "learningRate": 0.0001,
    "maxPromptLength": 2000,
    "trainingSamplePerPrompt": 4,
    "inferenceMaxTokens": 1000,
    "reasoningEffort": "low",
}

RUN = tuple(f"run.{key}" for key in ("name", "model_type", "model_name_or_path", "data_s3_path", "replicas"))
TRAINER = "training_config.trainer"
LORA = f"{TRAINER}.peft.lora_tuning"
ROLLOUT = "training_config.rollout"
TRAINING = (
    *RUN, "run.reward_lambda_arn", "training_config.max_length", "training_config.global_batch_size",
    "training_config.reasoning_effort", f"{ROLLOUT}.advantage_strategy.number_generation",
    *(f"{ROLLOUT}.generator.{key}" for key in ("max_new_tokens", "set_random_seed", "temperature", "top_k")),
    *(f"{ROLLOUT}.rewards.api_endpoint.{key}" for key in ("lambda_arn", "lambda_concurrency_limit")),
    *(f"{TRAINER}.{key}" for key in ("max_steps", "save_steps", "ent_coeff", "peft.peft_scheme")), f"{LORA}.alpha",
    *(f"{TRAINER}.optim_config.{key}" for key in ("lr", "weight_decay", "adam_beta1", "adam_beta2")),
)  # fmt: skip
MLFLOW = ("run.mlflow_tracking_uri", "run.mlflow_experiment_name", "run.mlflow_run_name")
PUBLISHED: dict[str, set[str]] = {
    "sagemaker": {*TRAINING, f"{TRAINER}.kl_loss_coef", f"{LORA}.lora_plus_lr_ratio"},
    "hyperpod": {
        *TRAINING, *MLFLOW, "run.output_s3_path", "run.generation_replicas", "run.rollout_worker_replicas",
        "training_config.data.shuffle", f"{ROLLOUT}.rollout_strategy.type", f"{ROLLOUT}.rollout_strategy.age_tolerance",
        *(f"{TRAINER}.{key}" for key in ("save_top_k", "refit_freq", "clip_ratio_high", "loss_scale")),
        f"{LORA}.loraplus_lr_ratio",
    },
    "rft-eval": {
        *RUN, *MLFLOW, "run.output_s3_path", "evaluation.task", "evaluation.strategy", "evaluation.metric",
        *(f"inference.{key}" for key in ("max_new_tokens", "top_k", "top_p", "temperature", "top_logprobs")),
        "inference.reasoning_effort", "rl_env.reward_lambda_arn",
    },
}  # fmt: skip
"""Path of every key that holds a value in the published files (aws/sagemaker-hyperpod-recipes)."""


def exported(rft: Rft, api: FakeApi, name: str, *options: str, **request: Any) -> CommandResult:
    chosen = {**CHOSEN, **request.pop("hyperparameters", {})}
    recommended = {
        name: Recommendation(value=value, source="statistics", reason="").model_dump(mode="json")
        for name, value in chosen.items()
        if value is not None
    }
    api.says((200, view(RunStatus.COMPLETED, request, grader_arn=GRADER, hyperparameters=recommended)))
    return rft("export", RUN_ID, "--format", name, *options)


def recipe(rft: Rft, api: FakeApi, name: str, **request: Any) -> Any:
    return yaml.safe_load(exported(rft, api, name, **request).out)


def leaf_paths(value: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, part in value.items():
        if isinstance(part, Mapping):
            yield from leaf_paths(part, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_has_the_published_keys_and_no_others(rft: Rft, api: FakeApi, name: str) -> None:
    assert set(leaf_paths(recipe(rft, api, name))) == PUBLISHED[name]


@pytest.mark.parametrize("name", ["sagemaker", "hyperpod"])
def test_hyperparameters_appear_under_the_trainers_keys(rft: Rft, api: FakeApi, name: str) -> None:
    body = recipe(rft, api, name)
    config = body["training_config"]
    assert body["run"]["data_s3_path"] == TRAIN
    assert body["run"]["reward_lambda_arn"] == GRADER
    assert config["rollout"]["rewards"]["api_endpoint"]["lambda_arn"] == GRADER
    assert config["global_batch_size"] == 64
    assert config["max_length"] == 3000
    assert config["reasoning_effort"] == "low"
    assert config["rollout"]["advantage_strategy"] == {"number_generation": 4}
    assert config["rollout"]["generator"]["max_new_tokens"] == 1000
    assert config["trainer"]["max_steps"] == 9  # 160 rows in batches of 64, 3 times
    assert config["trainer"]["optim_config"]["lr"] == 0.0001


@pytest.mark.parametrize(("size", "nearest"), [(16, 16), (24, 16), (100, 128), (512, 256)])
def test_the_nearest_allowed_batch_size_is_taken_and_named(rft: Rft, api: FakeApi, size: int, nearest: int) -> None:
    text = exported(rft, api, "sagemaker", hyperparameters={"batchSize": size}).out
    assert yaml.safe_load(text)["training_config"]["global_batch_size"] == nearest
    assert (f"hyperparameters.batchSize: {size} became {nearest}" in text) == (size != nearest)


def test_settings_a_recipe_cannot_hold_are_named_in_its_header(rft: Rft, api: FakeApi) -> None:
    text = exported(
        rft, api, "hyperpod", hyperparameters={"evalInterval": 5, "reasoningEffort": "medium"}, max_judge_calls=7
    ).out
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert head == text.splitlines()[: len(head)]
    assert any("hyperparameters.evalInterval" in line for line in head)
    assert any("hyperparameters.reasoningEffort: medium became null" in line for line in head)
    assert any("max_judge_calls: 7" in line for line in head)


def test_a_hostile_value_stays_within_its_comment(rft: Rft, api: FakeApi) -> None:
    text = exported(rft, api, "sagemaker", tags={"team": "a b"}, grader={"lambda_arn": GRADER}).out
    assert "#   tags.team: a b; this recipe has no such field" in text.splitlines()


def test_values_left_to_bedrock_are_the_published_ones(rft: Rft, api: FakeApi) -> None:
    text = exported(rft, api, "sagemaker", hyperparameters=dict.fromkeys(CHOSEN)).out
    config = yaml.safe_load(text)["training_config"]
    assert (config["max_length"], config["global_batch_size"], config["trainer"]["max_steps"]) == (8192, 64, 3)
    assert "optim_config.lr: the run leaves learningRate to Bedrock" in text


def test_bedrocks_request_fits_its_service_model(rft: Rft, api: FakeApi) -> None:
    result = exported(rft, api, "bedrock", "--output", "json", "--role", "arn:aws:iam::123456789012:role/bedrock")
    operation = boto3.client("bedrock", "us-east-1").meta.service_model.operation_model("CreateModelCustomizationJob")
    assert validate(json.loads(result.out), operation.input_shape) == []
    assert "Not decided by the run" in result.err


def from_bedrock(body: Mapping[str, Any]) -> dict[str, Any]:
    return dict(body["customizationConfig"]["rftConfig"]["hyperParameters"])


def from_nova(body: Mapping[str, Any]) -> dict[str, Any]:
    config = body["training_config"]
    answer = config["rollout"]["generator"]["max_new_tokens"]
    return {
        "epochCount": config["trainer"]["max_steps"] // -(-160 // config["global_batch_size"]),
        "batchSize": config["global_batch_size"],
        "learningRate": config["trainer"]["optim_config"]["lr"],
        "maxPromptLength": config["max_length"] - answer,
        "trainingSamplePerPrompt": config["rollout"]["advantage_strategy"]["number_generation"],
        "inferenceMaxTokens": answer,
        "reasoningEffort": config["reasoning_effort"],
    }


def from_open_weight(body: Mapping[str, Any]) -> dict[str, Any]:
    chosen = body["method"]["reinforcement"]["hyperparameters"]
    return {"epochCount": chosen["n_epochs"], "batchSize": chosen["batch_size"]}


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("bedrock", from_bedrock),
        ("sagemaker", from_nova),
        ("hyperpod", from_nova),
        ("bedrock-open-weight", from_open_weight),
    ],
)
@pytest.mark.parametrize(
    "changes", [{}, {"batchSize": 100}, {"reasoningEffort": "medium"}, {"evalInterval": 3, "epochCount": 50}]
)
def test_a_round_trip_loses_only_what_is_named(
    rft: Rft, api: FakeApi, name: str, read: Any, changes: dict[str, Any]
) -> None:
    text = exported(rft, api, name, hyperparameters=changes).out
    back = read(yaml.safe_load(text))
    lost = {key for key, value in {**CHOSEN, **changes}.items() if back.get(key) != value}
    named = {key for key in {**CHOSEN, **changes} if f"#   hyperparameters.{key}:" in text}
    assert lost == named


HYPERPARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "epochCount": st.integers(1, 50),
        "batchSize": st.integers(16, 512),
        "learningRate": st.floats(1e-7, 1e-3),
        "maxPromptLength": st.integers(1, 32_768),
        "trainingSamplePerPrompt": st.integers(2, 16),
        "inferenceMaxTokens": st.integers(1, 32_768),
        "reasoningEffort": st.sampled_from(["low", "medium", "high"]),
        "evalInterval": st.integers(1, 100),
    },
)


@pytest.mark.parametrize(
    ("name", "read"), [("bedrock", from_bedrock), ("sagemaker", from_nova), ("hyperpod", from_nova)]
)
@given(chosen=HYPERPARAMETERS)
def test_any_request_loses_only_the_named_settings(name: str, read: Any, chosen: dict[str, Any]) -> None:
    run = trained_run(chosen)
    found = EXPORTERS[name].export(run)
    back = read(yaml.safe_load(yaml.safe_dump(found.body)))
    lost = {f"hyperparameters.{key}" for key, value in chosen.items() if back.get(key) != value}
    assert lost <= {line.partition(":")[0] for line in losses(run, found)}


def trained_run(chosen: dict[str, Any]) -> TrainedRun:
    rows = {"train_uri": TRAIN, "validation_uri": TRAIN, "train_rows": 160, "validation_rows": 20}
    dataset = PreparedDataset(manifest_uri=TRAIN, digest="sha256:0", hyperparameters=HyperParameters(**chosen), **rows)
    return TrainedRun(
        RUN_ID,
        run_record().request,
        dataset,
        GRADER,
        "arn:aws:iam::123456789012:role/b",
        "s3://data-bucket/out/",
        chosen,
    )


@pytest.mark.parametrize("name", EXPORTERS)
def test_the_launch_command_names_what_it_starts(rft: Rft, api: FakeApi, name: str) -> None:
    result = exported(rft, api, name, "--command")
    assert result.status == 0
    assert any(word in result.out for word in ("python3", "aws bedrock", "curl"))


def test_a_new_exporter_is_one_class_and_a_registry_line(
    rft: Rft, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere:
        def export(self, run: TrainedRun) -> Recipe:
            return Recipe({"rows": run.dataset.train_uri}, frozenset({"name"}), "train", {})

    monkeypatch.setitem(EXPORTERS, "elsewhere", Elsewhere())
    text = exported(rft, api, "elsewhere").out
    assert yaml.safe_load(text) == {"rows": TRAIN}
    assert "#   hyperparameters.epochCount: 3; this recipe has no such field" in text


def test_an_unknown_format_is_refused_with_the_formats(rft: Rft, api: FakeApi) -> None:
    result = rft("export", RUN_ID, "--format", "sagmaker")
    assert result.status == 1
    assert "sagemaker, hyperpod" in result.err


def test_a_run_without_rows_or_grader_is_refused(rft: Rft, api: FakeApi) -> None:
    api.says((200, view(RunStatus.PENDING)))
    result = rft("export", RUN_ID, "--format", "bedrock")
    assert (result.status, result.out) == (1, "")
    assert "has no grader yet" in result.err
