"""Deploys a template to the emulator: through moto's CloudFormation, then the parts that moto does not support."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from emulator.cloudformation.artifacts import ARTIFACTS, artifact_key
from emulator.cloudformation.functions import aliases, function_specs, publish
from emulator.cloudformation.parameters import check_parameters
from emulator.cloudformation.quotas import check_quotas
from emulator.cloudformation.template import StackTemplate
from emulator.functions.code import CodeStore
from emulator.functions.registry import Functions
from emulator.functions.spec import FunctionSpec
from emulator.http.throttle import ThrottleSettings
from emulator.moto.cloudformation import conditions, resolve

Client = Callable[[str], Any]
"""Returns a boto3 client of the emulator by service name."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack: names and ARNs by logical id, functions, and the body of the HTTP API."""

    stack_id: str
    physical_ids: Mapping[str, str]
    outputs: Mapping[str, str]
    functions: tuple[FunctionSpec, ...]
    versions: Mapping[str, str]
    """Logical id of a version → published version number."""
    aliases: Mapping[str, str]
    """Logical id of a function → alias name."""
    alarms: frozenset[str]
    """Logical ids of alarms."""
    machine_roles: tuple[str, ...]
    """ARNs of the roles of state machines."""
    api_id: str
    """Id of the HTTP API in ARNs; empty if the template has none."""
    throttle: ThrottleSettings
    """Throttling of the HTTP API's default stage."""
    access_log: tuple[str, str] | None
    """Access log of the default stage: name of the log group and line format."""
    api: Mapping[str, Any]
    """OpenAPI document of the HTTP API with intrinsic functions resolved; empty if the template has none."""

    @property
    def graders(self) -> dict[str, str]:
        """ARNs of the functions named `Grade<Name>`, or of their aliases, by name in snake case."""
        named = {f.logical_id.removeprefix("Grade"): f for f in self.functions if f.logical_id.startswith("Grade")}
        return {
            re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): self._invocation_arn(f) for name, f in named.items() if name
        }

    def _invocation_arn(self, function: FunctionSpec) -> str:
        alias = self.aliases.get(function.logical_id)
        return f"{function.arn}:{alias}" if alias else function.arn


def deploy(
    template: StackTemplate,
    client: Client,
    functions: Functions,
    code: CodeStore,
    *,
    root: Path,
    region: str,
    stack_name: str,
    parameters: Mapping[str, str],
) -> Stack:
    """Create the stack. Paths in the template are relative to `root`.

    Raises ValueError for a parameter, a function or a size that AWS would reject.
    """
    check_parameters(template.parameters, template.rules, parameters)
    upload_artifacts(template, client)
    stack_id: str = client("cloudformation").create_stack(
        StackName=stack_name,
        TemplateBody=json.dumps(template.body),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )["StackId"]
    return finish(template, client, functions, code, root=root, region=region, stack_id=stack_id, published={})


def update(
    template: StackTemplate,
    client: Client,
    functions: Functions,
    code: CodeStore,
    before: Stack,
    *,
    root: Path,
    region: str,
    parameters: Mapping[str, str],
) -> Stack:
    """Update the stack's template, parameters and code; running executions keep the old definition.

    Raises ValueError for a parameter, a function or a size that AWS would reject.
    """
    check_parameters(template.parameters, template.rules, parameters)
    upload_artifacts(template, client)
    client("cloudformation").update_stack(
        StackName=before.stack_id,
        TemplateBody=json.dumps(_stamped(template.body)),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    published = before.versions
    after = finish(
        template, client, functions, code, root=root, region=region, stack_id=before.stack_id, published=published
    )
    for name in {spec.name for spec in before.functions} - {spec.name for spec in after.functions}:
        functions.remove(name)
    return after


def _stamped(body: Mapping[str, Any]) -> dict[str, Any]:
    # an update without changes to the template fails, even if code has changed
    return {**body, "Metadata": {**body.get("Metadata", {}), "Stamp": uuid.uuid4().hex}}


def finish(
    template: StackTemplate,
    client: Client,
    functions: Functions,
    code: CodeStore,
    *,
    root: Path,
    region: str,
    stack_id: str,
    published: Mapping[str, str],
) -> Stack:
    """Deploy what moto's CloudFormation does not support. `published` maps logical ids to existing versions."""
    template = template.existing(conditions(stack_id, region))
    listed = client("cloudformation").describe_stack_resources(StackName=stack_id)["StackResources"]
    physical_ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in listed if "PhysicalResourceId" in r}
    _configure_buckets(template, client, physical_ids)
    described = client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"][0]
    resolved = partial(resolve, stack_id, region)
    check_quotas(template, resolved)
    specs = function_specs(template, physical_ids, region=region, resolve=resolved, root=root, code=code)
    for spec in specs:
        functions.deploy(spec)
    return Stack(
        stack_id=stack_id,
        physical_ids=physical_ids,
        outputs={o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", [])},
        functions=tuple(specs),
        versions=publish(template, functions, published),
        aliases=dict(aliases(template)),
        alarms=frozenset(name for name, _ in template.of_type("AWS::CloudWatch::Alarm")),
        machine_roles=tuple(
            str(resolve(stack_id, region, machine["Properties"]["RoleArn"]))
            for _, machine in template.of_type("AWS::StepFunctions::StateMachine")
        ),
        api_id=next((f"emulated-{name.lower()}" for name, _ in template.of_type("AWS::ApiGatewayV2::Api")), ""),
        throttle=_throttle(template, resolved),
        access_log=_access_log(template, resolved),
        api=_api(template, stack_id, region),
    )


def upload_artifacts(template: StackTemplate, client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=ARTIFACTS)
    buffer = io.BytesIO()
    # a placeholder: moto requires an archive, but the emulator runs the folders
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("emulated.txt", "The emulator runs a copy of the function's folder.\n")
    for _, resource in template.of_type("AWS::Lambda::Function", "AWS::Lambda::LayerVersion"):
        s3.put_object(Bucket=ARTIFACTS, Key=artifact_key(resource), Body=buffer.getvalue())


def _configure_buckets(template: StackTemplate, client: Client, physical_ids: Mapping[str, str]) -> None:
    s3 = client("s3")
    for name, resource in template.of_type("AWS::S3::Bucket"):
        bucket, properties = physical_ids[name], resource.get("Properties", {})
        # moto's CloudFormation ignores versioning and notifications
        if "VersioningConfiguration" in properties:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"])
        if "EventBridgeConfiguration" in properties.get("NotificationConfiguration", {}):
            s3.put_bucket_notification_configuration(
                Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
            )


def _throttle(template: StackTemplate, resolved: Callable[[Any], Any]) -> ThrottleSettings:
    for _, stage in template.of_type("AWS::ApiGatewayV2::Stage"):
        found = resolved(stage["Properties"].get("DefaultRouteSettings", {}))
        known = {"ThrottlingRateLimit": "rate", "ThrottlingBurstLimit": "burst"}
        return ThrottleSettings(**{known[name]: float(value) for name, value in found.items() if name in known})
    return ThrottleSettings()


def _access_log(template: StackTemplate, resolved: Callable[[Any], Any]) -> tuple[str, str] | None:
    for _, stage in template.of_type("AWS::ApiGatewayV2::Stage"):
        if found := resolved(stage["Properties"].get("AccessLogSettings")):
            return found["DestinationArn"].partition(":log-group:")[2].removesuffix(":*"), found["Format"]
    return None


def _api(template: StackTemplate, stack_id: str, region: str) -> Mapping[str, Any]:
    for _, resource in template.of_type("AWS::ApiGatewayV2::Api"):
        body: Mapping[str, Any] = resolve(stack_id, region, resource["Properties"].get("Body", {}))
        return body
    return {}
