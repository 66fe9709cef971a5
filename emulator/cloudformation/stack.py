"""Deploys a template to the emulator: CloudFormation by moto, then what moto leaves out."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.cloudformation.template import ARTIFACTS, StackTemplate
from emulator.functions.spec import FunctionSpec
from emulator.moto.cloudformation import resolve

Client = Callable[[str], Any]
"""Gives a boto3 client of the emulator for a service's name."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack: names and ARNs by logical id, functions, and the body of the HTTP API."""

    stack_id: str
    physical_ids: Mapping[str, str]
    outputs: Mapping[str, str]
    functions: tuple[FunctionSpec, ...]
    aliases: Mapping[str, str]
    """Names of published aliases, by the logical id of their function."""
    machine_roles: tuple[str, ...]
    """ARNs of the roles of state machines."""
    api_id: str
    """What the template's HTTP API is called in ARNs."""
    api: Mapping[str, Any]
    """OpenAPI document of the template's HTTP API, its intrinsic functions resolved; empty when it has none."""

    @property
    def graders(self) -> dict[str, str]:
        """ARNs of the functions called `Grade<Name>`, or of their aliases, by name in snake case."""
        named = {f.logical_id.removeprefix("Grade"): f for f in self.functions if f.logical_id.startswith("Grade")}
        return {
            re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): self._invocation_arn(f) for name, f in named.items() if name
        }

    def _invocation_arn(self, function: FunctionSpec) -> str:
        """The ARN that callers use."""
        alias = self.aliases.get(function.logical_id)
        return f"{function.arn}:{alias}" if alias else function.arn


def deploy(
    template: StackTemplate,
    client: Client,
    *,
    root: Path,
    region: str,
    stack_name: str,
    parameters: Mapping[str, str],
) -> Stack:
    """Create the stack. Paths in the template are relative to `root`. Raises ValueError for an unknown parameter."""
    if unknown := sorted(set(parameters) - set(template.body.get("Parameters", {}))):
        raise ValueError(f"the template has no parameters {', '.join(unknown)}")
    _upload_artifacts(template, client)
    cloudformation = client("cloudformation")
    stack_id: str = cloudformation.create_stack(
        StackName=stack_name,
        TemplateBody=json.dumps(template.body),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )["StackId"]
    listed = cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
    physical_ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in listed if "PhysicalResourceId" in r}
    _configure_buckets(template, client, physical_ids)
    described = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return Stack(
        stack_id=stack_id,
        physical_ids=physical_ids,
        outputs={o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])},
        functions=tuple(_functions(template, client, physical_ids, stack_id=stack_id, region=region, root=root)),
        aliases={
            alias["Properties"]["FunctionName"]["Ref"]: alias["Properties"]["Name"]
            for _, alias in template.of_type("AWS::Lambda::Alias")
        },
        machine_roles=tuple(
            str(resolve(stack_id, region, machine["Properties"]["RoleArn"]))
            for _, machine in template.of_type("AWS::StepFunctions::StateMachine")
        ),
        api_id=next((f"emulated-{name.lower()}" for name, _ in template.of_type("AWS::ApiGatewayV2::Api")), ""),
        api=_api(template, stack_id, region),
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def empty_archive() -> bytes:
    """What stands for a function's code: moto wants an archive, the emulator runs the folder itself."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("emulated.txt", "The emulator runs the function's folder in place.\n")
    return buffer.getvalue()


def _upload_artifacts(template: StackTemplate, client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=ARTIFACTS)
    archive = empty_archive()
    for _, resource in template.of_type("AWS::Lambda::Function", "AWS::Lambda::LayerVersion"):
        s3.put_object(Bucket=ARTIFACTS, Key=_artifact_key(resource), Body=archive)


def _artifact_key(resource: Mapping[str, Any]) -> str:
    properties = resource["Properties"]
    key: str = (properties.get("Code") or properties["Content"])["S3Key"]
    return key


def _functions(
    template: StackTemplate, client: Client, physical_ids: Mapping[str, str], *, stack_id: str, region: str, root: Path
) -> list[FunctionSpec]:
    layers = {name: root / _artifact_key(r) for name, r in template.of_type("AWS::Lambda::LayerVersion")}
    specs = []
    asynchronous = _asynchronous(template, stack_id, region)
    for logical_id, resource in template.of_type("AWS::Lambda::Function"):
        deployed = client("lambda").get_function_configuration(FunctionName=physical_ids[logical_id])
        used = [layers[ref["Ref"]] for ref in resource["Properties"].get("Layers", []) if ref.get("Ref") in layers]
        specs.append(
            FunctionSpec(
                name=deployed["FunctionName"],
                logical_id=logical_id,
                arn=deployed["FunctionArn"],
                folder=root / _artifact_key(resource),
                handler=deployed["Handler"],
                timeout=deployed["Timeout"],
                memory=deployed["MemorySize"],
                role_arn=deployed["Role"],
                environment={n: str(v) for n, v in deployed.get("Environment", {}).get("Variables", {}).items()},
                layers=tuple(used),
                **asynchronous[logical_id],
            )
        )
    return specs


def _asynchronous(template: StackTemplate, stack_id: str, region: str) -> dict[str, dict[str, Any]]:
    """How each function treats asynchronous invocations that fail: its dead-letter queue and number of retries."""
    settings: dict[str, dict[str, Any]] = {}
    for name, resource in template.of_type("AWS::Lambda::Function"):
        target = resource["Properties"].get("DeadLetterConfig", {}).get("TargetArn")
        settings[name] = {"dead_letter_arn": resolve(stack_id, region, target)}
    for _, resource in template.of_type("AWS::Lambda::EventInvokeConfig"):
        properties = resource["Properties"]
        chosen = settings[properties["FunctionName"]["Ref"]]
        target = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        chosen["dead_letter_arn"] = resolve(stack_id, region, target) or chosen["dead_letter_arn"]
        chosen["async_retries"] = int(properties.get("MaximumRetryAttempts", 2))
    return settings


def _configure_buckets(template: StackTemplate, client: Client, physical_ids: Mapping[str, str]) -> None:
    """Versioning and EventBridge, which moto's CloudFormation passes over."""
    s3 = client("s3")
    for name, resource in template.of_type("AWS::S3::Bucket"):
        bucket, properties = physical_ids[name], resource.get("Properties", {})
        if "VersioningConfiguration" in properties:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"])
        if "EventBridgeConfiguration" in properties.get("NotificationConfiguration", {}):
            s3.put_bucket_notification_configuration(
                Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
            )


def _api(template: StackTemplate, stack_id: str, region: str) -> Mapping[str, Any]:
    for _, resource in template.of_type("AWS::ApiGatewayV2::Api"):
        body: Mapping[str, Any] = resolve(stack_id, region, resource["Properties"].get("Body", {}))
        return body
    return {}
