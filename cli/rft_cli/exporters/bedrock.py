"""Exports the Bedrock request that starts the same job."""

from __future__ import annotations

from rft.contracts.job import JobResources
from rft.training.job_request import job_request
from rft_cli.exporters.nova_recipe import CARRIED_FIELDS
from rft_cli.exporters.recipe import Recipe, TrainedRun


class Bedrock:
    """Writes the CreateModelCustomizationJob request."""

    def export(self, run: TrainedRun) -> Recipe:
        """The run's own request; sending it again starts no second job."""
        body = job_request(
            run_id=run.run_id,
            request=run.request,
            dataset=run.dataset,
            grader_arn=run.grader_arn,
            resources=JobResources(role_arn=run.role_arn, output_uri=run.output_uri),
        )
        names = {f"hyperparameters.{name}" for name in run.hyperparameters}
        tags = {f"tags.{name}" for name in run.request.tags}
        return Recipe(
            body,
            CARRIED_FIELDS | names | tags,
            "aws bedrock create-model-customization-job --cli-input-json file://recipe.json",
            {},
            ("jobName, customModelName, clientRequestToken: the run's; change all three to start another job",),
        )
