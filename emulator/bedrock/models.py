"""Custom models created by completed jobs, and their on-demand deployments."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.bedrock.deployments import (
    DEPLOYMENT_FAULTS,
    Deployment,
    Update,
    deployment_fits,
    deployment_summary,
    failure_of,
    ready_at,
)
from emulator.bedrock.jobs import CustomizationJob, Jobs, base_name
from emulator.bedrock.requests import created_between, page
from emulator.faults import Faults
from emulator.http.replies import AwsError


class Models:
    """Models of all completed jobs, and their deployments. `seconds` is the duration of a deployment.

    `save` is called after each change, with all deployments and the number ever created.
    """

    def __init__(
        self,
        jobs: Jobs,
        faults: Faults,
        *,
        seconds: float,
        save: Callable[[Sequence[Deployment], int], None] = lambda *_: None,
    ) -> None:
        self._save = save
        self._jobs = jobs
        self._faults = faults
        self._seconds = seconds
        self._lock = threading.Lock()
        self._deployments: list[Deployment] = []
        self._made = 0

    def find(self, name_or_arn: str) -> CustomizationJob:
        """Return the job that created a model. Raises AwsError (ResourceNotFoundException)."""
        for job in self._trained():
            if name_or_arn in (job.model_arn, job.request["customModelName"]):
                return job
        raise AwsError("ResourceNotFoundException", 404, f"No custom model {name_or_arn} was found.")

    def list_models(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return the response of ListCustomModels. Raises AwsError (ValidationException)."""
        chosen = [job for job in self._trained() if _model_fits(job, query)]
        return page(chosen, query, key="modelSummaries", created=_made_at, view=model_summary)

    def deploy(self, request: Mapping[str, Any]) -> Deployment:
        """Create a deployment, or return the one created with the same clientRequestToken.

        Raises AwsError (ResourceNotFoundException, ValidationException if the name is in use).
        """
        job, name, token = (
            self.find(request["modelArn"]),
            request["modelDeploymentName"],
            request.get("clientRequestToken"),
        )
        body = json.dumps(dict(request)).encode()  # includes the tags, which name the run
        fault = self._faults.take("bedrock", "Deploy", name, job.name, only=DEPLOYMENT_FAULTS, body=body)
        with self._lock:
            for earlier in self._deployments:
                if token and earlier.request.get("clientRequestToken") == token:
                    return earlier
                if earlier.name == name:
                    raise AwsError("ValidationException", 400, f"The deployment name {name} is already in use.")
            now = datetime.now(UTC)
            self._made += 1
            deployment = Deployment(
                name=name,
                arn=f"{':'.join(job.arn.split(':')[:5])}:custom-model-deployment/emulated{self._made:04x}",
                job=job,
                request=dict(request),
                created=now,
                ready=ready_at(now, self._seconds, fault),
                failure=failure_of(fault),
            )
            self._deployments.append(deployment)
            self._save(self._deployments, self._made)
            return deployment

    def update(self, name_or_arn: str, model_arn: str) -> Deployment:
        """Start an update to another model and return the deployment; the old model is served until it completes.

        Raises AwsError (ResourceNotFoundException, ValidationException if not Active or being updated).
        """
        deployment, job = self.deployment(name_or_arn), self.find(model_arn)
        fault = self._faults.take("bedrock", "UpdateDeployment", deployment.name, job.name, only=DEPLOYMENT_FAULTS)
        with self._lock:
            if deployment.status != "Active" or deployment.update_status == "Updating":
                state = "being updated" if deployment.status == "Active" else deployment.status
                raise AwsError("ValidationException", 400, f"The deployment is {state} and cannot be updated.")
            deployment.job = deployment.serving
            ready = ready_at(datetime.now(UTC), self._seconds, fault)
            deployment.update = Update(job=job, ready=ready, failure=failure_of(fault))
            self._save(self._deployments, self._made)
            return deployment

    def tags(self, arn: str) -> list[dict[str, str]]:
        """Return a deployment's tags. Raises AwsError (ResourceNotFoundException)."""
        return list(self.deployment(arn).request.get("tags", []))

    def deployment(self, name_or_arn: str) -> Deployment:
        """Return a deployment by name or ARN. Raises AwsError (ResourceNotFoundException)."""
        for deployment in self._all():
            if name_or_arn in (deployment.name, deployment.arn):
                return deployment
        raise AwsError("ResourceNotFoundException", 404, f"No deployment {name_or_arn} was found.")

    def list_deployments(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return the response of ListCustomModelDeployments. Raises AwsError (ValidationException)."""
        chosen = [each for each in self._all() if deployment_fits(each, query)]
        key = "modelDeploymentSummaries"
        return page(chosen, query, key=key, created=lambda each: each.created, view=deployment_summary)

    def undeploy(self, name_or_arn: str) -> None:
        """Delete a deployment. Raises AwsError (ResourceNotFoundException)."""
        deployment = self.deployment(name_or_arn)
        with self._lock:
            self._deployments.remove(deployment)
            self._save(self._deployments, self._made)

    def restore(self, deployments: Iterable[Deployment], made: int) -> None:
        with self._lock:
            self._deployments.extend(deployments)
            self._made = made

    def _trained(self) -> Sequence[CustomizationJob]:
        return [job for job in self._jobs.all() if job.model_arn]

    def _all(self) -> list[Deployment]:
        with self._lock:
            return list(self._deployments)


def model_view(job: CustomizationJob) -> dict[str, Any]:
    """Return the response of GetCustomModel; without metrics, because rewards are only in the job's files."""
    request = job.request
    view = {
        "modelArn": job.model_arn,
        "modelName": request["customModelName"],
        "jobName": job.name,
        "jobArn": job.arn,
        "baseModelArn": _base_arn(job),
        "customizationType": request["customizationType"],
        "modelKmsKeyArn": request.get("customModelKmsKeyId"),
        "trainingDataConfig": request["trainingDataConfig"],
        "validationDataConfig": request.get("validationDataConfig"),
        "outputDataConfig": request["outputDataConfig"],
        "customizationConfig": request["customizationConfig"],
        "creationTime": _made_at(job),
        "modelStatus": "Active",
    }
    return {name: value for name, value in view.items() if value is not None}


def model_summary(job: CustomizationJob) -> dict[str, Any]:
    """Return one item of ListCustomModels."""
    return {
        "modelArn": job.model_arn,
        "modelName": job.request["customModelName"],
        "creationTime": _made_at(job),
        "baseModelArn": _base_arn(job),
        "baseModelName": _base(job).split(":")[0],
        "customizationType": job.request["customizationType"],
        "ownerAccountId": job.arn.split(":")[4],
        "modelStatus": "Active",
    }


def _made_at(job: CustomizationJob) -> datetime:
    return job.ended or job.created


def _base(job: CustomizationJob) -> str:
    return base_name(job.request)


def _base_arn(job: CustomizationJob) -> str:
    return f"arn:aws:bedrock:{job.arn.split(':')[3]}::foundation-model/{_base(job)}"


def _model_fits(job: CustomizationJob, query: Mapping[str, Any]) -> bool:
    base = query.get("baseModelArnEquals") or query.get("foundationModelArnEquals")
    return (
        query.get("nameContains", "") in job.request["customModelName"]
        and base in (None, _base_arn(job))
        and query.get("modelStatus", "Active") == "Active"
        and query.get("isOwned", True)
        and created_between(_made_at(job), query.get("creationTimeAfter"), query.get("creationTimeBefore"))
    )
