"""A SageMaker training job: recipe nova_lite_v2_smtj_p5_p5en_gpu_lora_rft."""

from __future__ import annotations

import shlex

from rft_cli.exporters.nova_recipe import MODEL_PATH, PublishedValues, nova_hyperparameters, optimizer, rollout
from rft_cli.exporters.recipe import Recipe, TrainedRun

RECIPE = "fine-tuning/nova/nova_2_0/nova_lite/RFT/nova_lite_v2_smtj_p5_p5en_gpu_lora_rft"
PUBLISHED = PublishedValues(
    learning_rate=1e-4, batch_size=64, samples_per_prompt=2, max_new_tokens=6000, max_length=8192
)


class SageMaker:
    """Writes the recipe of a SageMaker training job."""

    def export(self, run: TrainedRun) -> Recipe:
        """The published LoRA recipe with the run's rows, grader and hyperparameters."""
        chosen = nova_hyperparameters(run, PUBLISHED)
        values = chosen.values
        body = {
            "run": {
                "name": run.request.name,
                "model_type": run.request.base_model,
                "model_name_or_path": MODEL_PATH,
                "data_s3_path": run.dataset.train_uri,
                "replicas": 4,
                "reward_lambda_arn": run.grader_arn,
            },
            "training_config": {
                "max_length": values.max_length,
                "global_batch_size": values.batch_size,
                "reasoning_effort": chosen.reasoning_effort,
                "rollout": rollout(values, grader_arn=run.grader_arn, top_k=1, concurrency=12),
                "trainer": {
                    "max_steps": chosen.max_steps,
                    "save_steps": chosen.max_steps,
                    "ent_coeff": 0.0,
                    "kl_loss_coef": 0.001,
                    "optim_config": optimizer(values),
                    "peft": {"peft_scheme": "lora", "lora_tuning": {"alpha": 32, "lora_plus_lr_ratio": 64.0}},
                },
            },
        }
        command = (
            "# With the recipe in recipe.yaml and the sagemaker package installed:\n"
            'python3 -c "from sagemaker.pytorch import PyTorch; PyTorch('
            f"base_job_name='{run.request.name}', role='{run.role_arn}', instance_count=4, "
            "instance_type='ml.p5.48xlarge', training_recipe='recipe.yaml')"
            f".fit(inputs={{'train': '{run.dataset.train_uri}'}})\"\n"
            f"# The recipe as published: {shlex.quote(RECIPE)}"
        )
        return Recipe(body, chosen.holds, command, chosen.notes, chosen.assumptions)
