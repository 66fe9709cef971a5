"""A job on SageMaker HyperPod: recipe nova_lite_2_0_p5_gpu_lora_rft."""

from __future__ import annotations

from rft_cli.exporters.nova_recipe import (
    MODEL_PATH,
    PublishedValues,
    launcher_command,
    nova_hyperparameters,
    optimizer,
    rollout,
)
from rft_cli.exporters.recipe import Recipe, TrainedRun

RECIPE = "fine-tuning/nova/nova_2_0/nova_lite/RFT/nova_lite_2_0_p5_gpu_lora_rft"
PUBLISHED = PublishedValues(
    learning_rate=7e-7, batch_size=256, samples_per_prompt=8, max_new_tokens=8192, max_length=10240
)


class HyperPod:
    """Writes the recipe of a HyperPod job."""

    def export(self, run: TrainedRun) -> Recipe:
        """The published LoRA recipe with the run's rows, grader and hyperparameters."""
        chosen = nova_hyperparameters(run, PUBLISHED)
        values = chosen.values
        body = {
            "run": self._run(run),
            "training_config": {
                "max_length": values.max_length,
                "global_batch_size": values.batch_size,
                "reasoning_effort": chosen.reasoning_effort,
                "data": {"shuffle": False},
                "rollout": {
                    "rollout_strategy": {"type": "off_policy_async", "age_tolerance": 2},
                    **rollout(values, grader_arn=run.grader_arn, top_k=0, concurrency=100),
                },
                "trainer": {
                    "max_steps": chosen.max_steps,
                    "save_steps": chosen.max_steps,
                    "save_top_k": 5,
                    "refit_freq": 4,
                    "clip_ratio_high": 0.2,
                    "ent_coeff": 0.001,
                    "loss_scale": 1,
                    "optim_config": optimizer(values),
                    "peft": {"peft_scheme": "lora", "lora_tuning": {"alpha": 32, "loraplus_lr_ratio": 64.0}},
                },
            },
        }
        return Recipe(body, chosen.holds, _command(run), chosen.notes, chosen.assumptions)

    @staticmethod
    def _run(run: TrainedRun) -> dict[str, object]:
        return {
            "name": run.request.name,
            "model_type": run.request.base_model,
            "model_name_or_path": MODEL_PATH,
            "data_s3_path": run.dataset.train_uri,
            "output_s3_path": run.output_uri,
            "replicas": 2,
            "generation_replicas": 2,
            "rollout_worker_replicas": 1,
            "reward_lambda_arn": run.grader_arn,
            "mlflow_tracking_uri": "",
            "mlflow_experiment_name": run.request.name,
            "mlflow_run_name": run.run_id,
        }


def _command(run: TrainedRun) -> str:
    return f"{launcher_command(f'results/{run.run_id}')}\n# The recipe as published: {RECIPE}"
