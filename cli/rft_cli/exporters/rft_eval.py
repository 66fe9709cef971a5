"""An evaluation of the trained model with the run's grader: recipe nova_lite_2_0_p5_48xl_gpu_rft_eval."""

from __future__ import annotations

from rft_cli.exporters.nova_recipe import CARRIED_FIELDS, MODEL_PATH, launcher_command
from rft_cli.exporters.recipe import Recipe, TrainedRun

PUBLISHED_MAX_NEW_TOKENS = 32768


class RftEval:
    """Writes the recipe of an rft_eval job."""

    def export(self, run: TrainedRun) -> Recipe:
        """The published recipe for the run's validation rows; the test split stays reserved for the run itself."""
        given = run.hyperparameters
        body = {
            "run": {
                "name": run.request.name,
                "model_type": run.request.base_model,
                "model_name_or_path": MODEL_PATH,
                "replicas": 1,
                "data_s3_path": run.dataset.validation_uri,
                "output_s3_path": run.output_uri,
                "mlflow_tracking_uri": "",
                "mlflow_experiment_name": "",
                "mlflow_run_name": "",
            },
            "evaluation": {"task": "rft_eval", "strategy": "rft_eval", "metric": "all"},
            "inference": {
                "max_new_tokens": given.get("inferenceMaxTokens", PUBLISHED_MAX_NEW_TOKENS),
                "top_k": -1,
                "top_p": 1.0,
                "temperature": 0,
                "top_logprobs": 0,
                "reasoning_effort": given.get("reasoningEffort"),
            },
            "rl_env": {"reward_lambda_arn": run.grader_arn},
        }
        holds = CARRIED_FIELDS | {"hyperparameters.inferenceMaxTokens", "hyperparameters.reasoningEffort"}
        return Recipe(body, holds, launcher_command("results"), {}, (_MODEL, _ROWS))


_MODEL = (
    "model_name_or_path: the base model; a model that Bedrock trained has no S3 path. "
    "For one that SageMaker trained, give the S3 path of its checkpoint"
)
_ROWS = "data_s3_path: leave it empty for a training job, and pass the rows as its input"
