"""A job of OpenAI's fine-tuning protocol on Bedrock, for gpt-oss and Qwen (Bedrock User Guide, rft-open-weight)."""

from __future__ import annotations

from rft_cli.exporters.nova_recipe import CARRIED_FIELDS
from rft_cli.exporters.recipe import Recipe, TrainedRun

MODEL = "openai.gpt-oss-20b-1:0"
NAMES = {"epochCount": "n_epochs", "batchSize": "batch_size"}
"""Bedrock's name → the protocol's. The protocol's learning rate is a multiplier of an unpublished rate."""
MAX_SUFFIX = 64


class BedrockOpenWeight:
    """Writes the body of `POST /fine_tuning/jobs`."""

    def export(self, run: TrainedRun) -> Recipe:
        """The body; the two files must be uploaded first, as the command shows."""
        chosen = {NAMES[name]: value for name, value in run.hyperparameters.items() if name in NAMES}
        body = {
            "model": MODEL,
            "training_file": "<id of the training file>",
            "validation_file": "<id of the validation file>",
            "suffix": run.request.name[:MAX_SUFFIX],
            "method": {
                "type": "reinforcement",
                "reinforcement": {
                    "grader": {"type": "lambda", "lambda": {"function": run.grader_arn}},
                    "hyperparameters": chosen,
                },
            },
        }
        names = {f"hyperparameters.{name}" for name in NAMES}
        return Recipe(body, CARRIED_FIELDS - {"base_model"} | names, _command(run), NOTES, ASSUMPTIONS)


NOTES = {
    "hyperparameters.learningRate": "left out; the protocol takes a multiplier of a rate that is not published",
    "base_model": "left out; the protocol trains gpt-oss and Qwen only",
}
ASSUMPTIONS = (
    f"model: {MODEL}; qwen.qwen3-32b-v1:0 is the other model. Check the id for your region",
    "training_file, validation_file: ids that POST /files returns for the rows",
)


def _command(run: TrainedRun) -> str:
    send = 'curl -sS {url}/files -H "Authorization: Bearer $KEY" -F purpose=fine-tune -F file=@{name}'
    url = "https://bedrock-mantle.$AWS_REGION.api.aws/v1"
    return "\n".join(
        [
            "# KEY: a Bedrock API key",
            f"aws s3 cp {run.dataset.train_uri} train.jsonl && aws s3 cp {run.dataset.validation_uri} validation.jsonl",
            send.format(url=url, name="train.jsonl"),
            send.format(url=url, name="validation.jsonl"),
            f'curl -sS {url}/fine_tuning/jobs -H "Authorization: Bearer $KEY" '
            "-H 'Content-Type: application/json' -d @recipe.json",
        ]
    )
