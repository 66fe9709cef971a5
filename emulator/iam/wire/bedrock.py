"""Amazon Bedrock: customization jobs, models, deployments and inference."""

from __future__ import annotations

from collections.abc import Iterator

from emulator.iam.authorizer import Check
from emulator.iam.wire.request import Lookups, WireRequest

INVOCATIONS = frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"})
"""Authorised by bedrock:InvokeModel, or for streams by bedrock:InvokeModelWithResponseStream."""

STREAMS = frozenset({"ConverseStream", "InvokeModelWithResponseStream"})

PROFILE_REGIONS = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3"),
    "apac": ("ap-northeast-1", "ap-south-1", "ap-southeast-2"),
    "global": ("us-east-1", "eu-west-1", "ap-northeast-1"),
}
"""Destination Regions of an inference profile (Bedrock User Guide, "Supported Regions for inference profiles")."""

KEY_ACTIONS = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
"""KMS actions needed on a model's key (Bedrock User Guide, "Encryption of custom models")."""

DEPLOYMENT_FIELDS = ("customModelDeploymentIdentifier", "modelArn", "modelIdentifier", "resourceARN")


def checks(request: WireRequest, lookups: Lookups) -> Iterator[Check]:
    if request.name in INVOCATIONS:
        yield from _invocation(request)
    elif request.name == "CreateModelCustomizationJob":
        yield from _new_job(request)
    elif request.name.startswith("List") and request.name != "ListTagsForResource":
        yield Check(f"bedrock:{request.name}", "*")
    elif request.name.endswith("ModelCustomizationJob"):
        known = lookups.job_arn(request.label(0))
        yield Check(f"bedrock:{request.name}", known or _named(request, "model-customization-job", request.label(0)))
    elif request.name == "CreateCustomModelDeployment":
        yield Check(f"bedrock:{request.name}", str(request.fields.get("modelArn", "*")))
        yield from _tags(request, "tags", request.arn("bedrock", "custom-model-deployment/new"))
    elif request.name.endswith("CustomModelDeployment"):
        yield Check(f"bedrock:{request.name}", _named(request, "custom-model-deployment", request.label(0)))
    else:
        yield Check(f"bedrock:{request.name}", _resource(request))


def key_checks(key: str, region: str) -> Iterator[Check]:
    """Yield the checks on a customer managed key, which apply to the caller who passed it."""
    for action in KEY_ACTIONS:
        yield Check(action, key, {"kms:ViaService": f"bedrock.{region}.amazonaws.com"})


def _invocation(request: WireRequest) -> Iterator[Check]:
    action = "bedrock:InvokeModelWithResponseStream" if request.name in STREAMS else "bedrock:InvokeModel"
    model = request.label(0)
    scope, _, name = model.partition(".")
    if model.startswith("arn:") or scope not in PROFILE_REGIONS:
        yield Check(action, model if model.startswith("arn:") else _foundation(request.region, model))
        return
    profile = request.arn("bedrock", f"inference-profile/{model}")
    yield Check(action, profile)
    for region in PROFILE_REGIONS[scope]:
        yield Check(action, _foundation(region, name), {"bedrock:InferenceProfileArn": profile})


def _new_job(request: WireRequest) -> Iterator[Check]:
    """Yield the checks on the base model, the new model, the job, its role, tags and key."""
    fields = request.fields
    base = str(fields.get("baseModelIdentifier", ""))
    base_name = base.rpartition("/")[2]
    job = request.arn("bedrock", f"model-customization-job/{base_name}/new")
    model = request.arn("bedrock", f"custom-model/{base_name}/new")
    for resource in (base if base.startswith("arn:") else _foundation(request.region, base), model, job):
        yield Check("bedrock:CreateModelCustomizationJob", resource)
    yield Check("iam:PassRole", str(fields.get("roleArn", "")), {"iam:PassedToService": "bedrock.amazonaws.com"})
    yield from _tags(request, "jobTags", job)
    yield from _tags(request, "customModelTags", model)
    if key := fields.get("customModelKmsKeyId"):
        yield from key_checks(str(key), request.region)


def _tags(request: WireRequest, field: str, resource: str) -> Iterator[Check]:
    if tags := request.fields.get(field):
        yield Check("bedrock:TagResource", resource, {"aws:TagKeys": tuple(tag["key"] for tag in tags)})


def _resource(request: WireRequest) -> str:
    named = [request.label(0), *(str(request.fields.get(field, "")) for field in DEPLOYMENT_FIELDS)]
    return next((each for each in named if each), "*")


def _named(request: WireRequest, kind: str, name: str) -> str:
    return name if name.startswith("arn:") else request.arn("bedrock", f"{kind}/{name}")


def _foundation(region: str, model: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"
