from __future__ import annotations

from typing import Any

from rft import wiring
from rft.contracts.job import JobResources
from rft.contracts.steps import StartTrainingInput
from rft.observability import logger
from rft.settings import StorageSettings, TrainingSettings
from rft.steps.start_training import start_training


@logger().inject_lambda_context
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    step = StartTrainingInput.model_validate(event)
    logger().append_keys(run_id=step.run_id)
    training = TrainingSettings.from_environment()
    bucket = StorageSettings.from_environment().data_bucket
    return start_training(
        run_id=step.run_id,
        request=step.request,
        dataset=step.dataset,
        grader_arn=step.grader_arn,
        resources=JobResources(
            role_arn=training.bedrock_role_arn,
            output_uri=f"s3://{bucket}/runs/{step.run_id}/output/",
            kms_key_arn=training.model_kms_key_arn,
            subnet_ids=training.vpc_subnet_ids,
            security_group_ids=training.vpc_security_group_ids,
        ),
        jobs=wiring.training_jobs(),
        ledger=wiring.ledger(),
        queue=wiring.job_queue(),
        clock=wiring.clock(),
    ).model_dump(mode="json")
