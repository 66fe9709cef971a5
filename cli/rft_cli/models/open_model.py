"""The model that `--model` names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from rft.evaluation.sampling import PARALLELISM
from rft.ports.models import ModelSampler
from rft_cli.errors import CommandError
from rft_cli.models.openai_sampler import SECONDS, OpenAiSampler

USE = "use bedrock:MODEL_ID, or openai:URL with --model-name"
EFFORT_MODELS = "amazon.nova-2-"
"""Part of the ids of models that take `reasoningConfig`."""


@dataclass(frozen=True)
class OpenedModel:
    """A sampler and the id that it is called with. `takes_effort`: whether reasoning effort can be set."""

    sampler: ModelSampler
    model_id: str
    description: str
    takes_effort: bool


def open_model(model: str, *, name: str) -> OpenedModel:
    """`bedrock:ID`, a model's, a profile's or a deployment's ARN; or `openai:URL`, whose model is `name`.

    The server's key is OPENAI_API_KEY, if it needs one. Raises CommandError.
    """
    kind, _, target = model.partition(":")
    if kind == "bedrock" and target:
        return _on_bedrock(target)
    if kind == "openai" and _is_server(target):
        sampler = OpenAiSampler(target, os.environ.get("OPENAI_API_KEY", ""))
        return OpenedModel(sampler, name, f"{name} at {target}", takes_effort=False)
    raise CommandError(f"--model {model} names no model: {USE}")


def _is_server(url: str) -> bool:
    """Whether it is a server's address without credentials: it is shown, and the key has a variable of its own."""
    try:
        parts = urlsplit(url)
        plain = parts.port != 0 and "@" not in parts.netloc and not parts.query and not parts.fragment
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and url.isascii() and " " not in url


def _on_bedrock(model_id: str) -> OpenedModel:
    import boto3
    from botocore.config import Config

    from rft.adapters.bedrock.model_sampler import BedrockSampler

    config = Config(retries={"total_max_attempts": 1}, read_timeout=int(SECONDS), max_pool_connections=PARALLELISM)
    client = boto3.Session().client("bedrock-runtime", config=config)
    # A deployment's ARN does not name its model, but those of this project are all of Nova 2.
    takes_effort = EFFORT_MODELS in model_id or ":custom-model" in model_id
    return OpenedModel(BedrockSampler(client), model_id, f"{model_id} on Bedrock", takes_effort=takes_effort)
