"""Bedrock on the AWS port: customization jobs, their models and Converse; moto serves all other operations."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from emulator.bedrock.converse import Converse
from emulator.bedrock.deployments import deployment_view
from emulator.bedrock.jobs import CustomizationJob, Jobs, base_name, has_custom_base
from emulator.bedrock.models import Models, model_view
from emulator.bedrock.requests import parse_body, parse_query, raise_if_invalid
from emulator.bedrock.views import job_list, job_view
from emulator.faults import Faults
from emulator.http.operations import Operation
from emulator.http.replies import AwsError, json_reply

BASE_MODEL = "amazon.nova-2-lite-v1:0:256k"
"""The model that supports reinforcement fine-tuning (Bedrock User Guide, rft-nova-models)."""

VIEW_FAULTS = frozenset({"show", "skew"})

Handler = Callable[[Operation, Request, bytes], Response | None]


class BedrockService:
    """Serves jobs and models. `start` is called with each new job."""

    def __init__(
        self,
        jobs: Jobs,
        models: Models,
        converse: Converse,
        faults: Faults,
        start: Callable[[CustomizationJob], None],
        *,
        require_trust: Callable[[str], None],
        custom_bases: bool = False,
    ) -> None:
        self._require_trust = require_trust
        self._custom_bases = custom_bases
        self._jobs = jobs
        self._models = models
        self._faults = faults
        self._start = start
        self._lock = threading.Lock()
        self._handlers: dict[str, Handler] = {
            "CreateModelCustomizationJob": self._create,
            "GetModelCustomizationJob": self._get,
            "ListModelCustomizationJobs": self._list,
            "StopModelCustomizationJob": self._stop,
            "GetCustomModel": lambda operation, *_: json_reply(model_view(models.find(operation.labels[0]))),
            "ListCustomModels": lambda operation, request, _: json_reply(
                models.list_models(_query(operation, request))
            ),
            "CreateCustomModelDeployment": self._deploy,
            "GetCustomModelDeployment": lambda operation, *_: json_reply(
                deployment_view(models.deployment(operation.labels[0]))
            ),
            "ListCustomModelDeployments": lambda operation, request, _: json_reply(
                models.list_deployments(_query(operation, request))
            ),
            "UpdateCustomModelDeployment": self._update_deployment,
            "DeleteCustomModelDeployment": self._undeploy,
            "ListTagsForResource": self._tags,
            "Converse": lambda operation, _, body: json_reply(converse.answer(operation.labels[0], json.loads(body))),
        }

    def subjects(self, operation: Operation) -> list[str]:
        """Return the name of the job with this ARN."""
        return [job.name for job in self._jobs.all() if job.arn in operation.labels]

    def answer(self, operation: Operation, request: Request, body: bytes) -> Response | None:
        handler = self._handlers.get(operation.name)
        return handler(operation, request, body) if handler else None

    def _create(self, operation: Operation, _request: Request, body: bytes) -> Response:
        request = parse_body(operation.name, body)
        raise_if_invalid(_documented_problems(request, custom_bases=self._custom_bases))
        self._require_trust(str(request["roleArn"]))
        base = self._models.find(request["baseModelIdentifier"]) if has_custom_base(request) else None
        job, is_new = self._jobs.create(request)
        if is_new:
            job.base_logits = base.policy.logits if base is not None and base.policy is not None else None
            self._start(job)
        return json_reply({"jobArn": job.arn}, 201)

    def _get(self, operation: Operation, _request: Request, _body: bytes) -> Response:
        job = self._jobs.find(operation.labels[0])
        fault = self._faults.take("bedrock", operation.name, job.name, job.arn, only=VIEW_FAULTS)
        view = job_view(job)
        if fault and fault.effect == "show":
            view["status"] = fault.message
        if fault and fault.effect == "skew":
            ahead = timedelta(seconds=fault.seconds)
            view |= {name: value + ahead for name, value in view.items() if isinstance(value, datetime)}
        return json_reply(view)

    def _list(self, operation: Operation, request: Request, _body: bytes) -> Response:
        return json_reply(job_list(self._jobs.all(), _query(operation, request)))

    def _stop(self, operation: Operation, _request: Request, _body: bytes) -> Response:
        job = self._jobs.find(operation.labels[0])
        with self._lock:
            if not job.active:
                raise AwsError("ConflictException", 400, f"The job has ended ({job.status}) and cannot be stopped.")
            job.status, job.modified = "Stopping", datetime.now(UTC)
        for phase in job.phases.values():
            if phase.status == "InProgress":
                phase.move("Stopping")
        job.stop_requested.set()
        self._jobs.save(job)
        return json_reply({})

    def _deploy(self, operation: Operation, _request: Request, body: bytes) -> Response:
        deployment = self._models.deploy(parse_body(operation.name, body))
        return json_reply({"customModelDeploymentArn": deployment.arn}, 202)

    def _update_deployment(self, operation: Operation, _request: Request, body: bytes) -> Response:
        identifier = {"customModelDeploymentIdentifier": operation.labels[0]}
        request = parse_body(operation.name, json.dumps({**json.loads(body), **identifier}).encode())
        deployment = self._models.update(operation.labels[0], request["modelArn"])
        return json_reply({"customModelDeploymentArn": deployment.arn}, 202)

    def _tags(self, operation: Operation, _request: Request, body: bytes) -> Response | None:
        arn = parse_body(operation.name, body)["resourceARN"]
        # moto serves the tags of other resources
        return json_reply({"tags": self._models.tags(arn)}) if ":custom-model-deployment/" in arn else None

    def _undeploy(self, operation: Operation, _request: Request, _body: bytes) -> Response:
        self._models.undeploy(operation.labels[0])
        return json_reply({})


def _query(operation: Operation, request: Request) -> dict[str, Any]:
    return parse_query(operation.name, request.args.to_dict())


def _documented_problems(request: Mapping[str, Any], *, custom_bases: bool) -> list[str]:
    problems = []
    if request.get("customizationType") != "REINFORCEMENT_FINE_TUNING":
        problems.append("customizationType: the emulator supports REINFORCEMENT_FINE_TUNING only")
    if "rftConfig" not in request.get("customizationConfig", {}):
        problems.append("customizationConfig.rftConfig: is required for REINFORCEMENT_FINE_TUNING")
    elif "lambdaGrader" not in request["customizationConfig"]["rftConfig"].get("graderConfig", {}):
        problems.append("customizationConfig.rftConfig.graderConfig.lambdaGrader: is required")
    if base_name(request) != BASE_MODEL or (has_custom_base(request) and not custom_bases):
        problems.append(f"baseModelIdentifier: only {BASE_MODEL} supports this customization")
    uris = {part: str(request.get(part, {}).get("s3Uri", "")) for part in ("trainingDataConfig", "outputDataConfig")}
    return problems + [f"{part}.s3Uri: is required" for part, uri in uris.items() if not uri.startswith("s3://")]
