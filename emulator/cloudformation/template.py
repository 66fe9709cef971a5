"""The project's SAM template, made into what moto's CloudFormation takes. Reads files; touches no AWS.

Code stays where it is: a `CodeUri` or `ContentUri` becomes an S3 URI whose key is the folder's path, so that a
deployed function leads back to its folder.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ARTIFACTS = "emulated-artifacts"
"""The bucket that stands for the one SAM uploads code to."""

SKIPPED_TYPES = frozenset({"AWS::S3::BucketPolicy", "AWS::Lambda::Version"})
"""Not deployed although moto could: the bucket's policy denies what does not come by TLS, and loopback has none; and
a function here has but one version, the code in its folder."""

Resource = dict[str, Any]


class TemplateInvalid(ValueError):
    """The template cannot be deployed here; the message says where and why."""


@dataclass(frozen=True)
class StackTemplate:
    """A CloudFormation template for moto, and next to it the resources that moto does not create."""

    body: dict[str, Any]
    unsupported: dict[str, Resource]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Declarations of the template's parameters by name."""
        known: Mapping[str, Any] = self.body.get("Parameters", {})
        return known

    @property
    def resources(self) -> Mapping[str, Resource]:
        """All resources by logical id, deployed by moto or not."""
        return {**self.body["Resources"], **self.unsupported}

    def of_type(self, *types: str) -> Iterator[tuple[str, Resource]]:
        """Logical ids and resources of these types, deployed by moto or not."""
        for name, resource in self.resources.items():
            if resource["Type"] in types:
                yield name, resource


def load(path: Path, *, region: str, parameters: Mapping[str, str], supported: Callable[[str], bool]) -> StackTemplate:
    """Read a SAM template and translate it. `supported` says which resource types moto can create.

    Raises TemplateInvalid.
    """
    try:
        source = yaml_parse(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise TemplateInvalid(f"{path}: {error}") from error
    definitions = _use_artifact_uris(source, path.parent)
    body = _translate(source, region, parameters)
    for name, (text, substitutions) in definitions.items():
        properties = body["Resources"][name]["Properties"]
        properties.pop("DefinitionS3Location", None)
        properties["DefinitionString"] = _substitute(text, substitutions)
    return _partition(body, supported)


def _translate(source: dict[str, Any], region: str, overrides: Mapping[str, str]) -> dict[str, Any]:
    """What CloudFormation's Serverless macro does, with the same parameter values."""
    session = boto3.session.Session(region_name=region)
    defaults = {name: p["Default"] for name, p in source.get("Parameters", {}).items() if "Default" in p}
    try:
        translator = Translator(None, Parser(), boto_session=session)
        translated: dict[str, Any] = translator.translate(source, parameter_values={**defaults, **overrides})
    except InvalidDocumentException as error:
        raise TemplateInvalid("; ".join(cause.message for cause in error.causes)) from error
    return translated


def _use_artifact_uris(source: dict[str, Any], root: Path) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Turn local paths into artifact URIs, in place; returns the text and substitutions of each state machine."""
    definitions = {}
    for name, resource in source["Resources"].items():
        properties = resource.setdefault("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(key), str):
                properties[key] = f"s3://{ARTIFACTS}/{properties[key].strip('/')}"
        if resource["Type"] == "AWS::Serverless::StateMachine" and "DefinitionUri" in properties:
            text = (root / properties.pop("DefinitionUri")).read_text(encoding="utf-8")
            definitions[name] = (text, properties.pop("DefinitionSubstitutions", {}))
            properties["DefinitionUri"] = f"s3://{ARTIFACTS}/{name}"
    return definitions


def _substitute(text: str, substitutions: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with `${Name}` replaced as CloudFormation does it: in the text, before it is read as JSON."""
    parts = re.split(r"\$\{(\w+)\}", text)
    unknown = sorted(set(parts[1::2]) - set(substitutions))
    if unknown:
        raise TemplateInvalid(f"the state machine names substitutions that the template does not give: {unknown}")
    pieces = [substitutions[part] if index % 2 else part for index, part in enumerate(parts)]
    return {"Fn::Join": ["", pieces]}


def _partition(body: dict[str, Any], supported: Callable[[str], bool]) -> StackTemplate:
    resources: dict[str, Resource] = body["Resources"]
    unsupported = {
        name: resource
        for name, resource in resources.items()
        if resource["Type"] in SKIPPED_TYPES or not supported(resource["Type"])
    }
    kept = {name: _supported_dependencies(r, unsupported) for name, r in resources.items() if name not in unsupported}
    known = _replace_references(unsupported, {**body, "Resources": kept})
    return StackTemplate(known, _replace_references(unsupported, copy.deepcopy(unsupported)))


def _supported_dependencies(resource: Resource, unsupported: Mapping[str, Resource]) -> Resource:
    waits = resource.get("DependsOn", [])
    left = [name for name in ([waits] if isinstance(waits, str) else waits) if name not in unsupported]
    return {**{k: v for k, v in resource.items() if k != "DependsOn"}, **({"DependsOn": left} if left else {})}


def _replace_references(unsupported: Mapping[str, Resource], value: Any) -> Any:
    """References to resources that moto does not create get a made-up name: `emulated-<logical id>`.

    A function's alias gets its own ARN, which the emulated Lambda answers with the function.
    """
    if isinstance(value, list):
        return [_replace_references(unsupported, item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in unsupported:
        name: str = value["Ref"]
        return (
            {"Fn::Sub": _name_for(unsupported, name)} if _is_alias(unsupported[name]) else _name_for(unsupported, name)
        )
    attribute = value.get("Fn::GetAtt")
    if isinstance(attribute, list) and attribute[0] in unsupported:
        return f"emulated-{attribute[0].lower()}"
    if "Fn::Sub" in value:
        return {"Fn::Sub": _replace_in_sub(unsupported, value["Fn::Sub"])}
    return {key: _replace_references(unsupported, item) for key, item in value.items()}


def _replace_in_sub(unsupported: Mapping[str, Resource], sub: Any) -> Any:
    if isinstance(sub, list):
        return [_replace_in_sub(unsupported, sub[0]), _replace_references(unsupported, sub[1])]
    return re.sub(
        r"\$\{(\w+)(\.\w+)?\}",
        lambda found: _name_for(unsupported, found[1]) if found[1] in unsupported else found[0],
        sub,
    )


def _is_alias(resource: Resource) -> bool:
    return bool(resource["Type"] == "AWS::Lambda::Alias")


def _name_for(unsupported: Mapping[str, Resource], name: str) -> str:
    """As part of an Fn::Sub."""
    if not _is_alias(unsupported[name]):
        return f"emulated-{name.lower()}"
    alias = unsupported[name]["Properties"]
    return f"${{{alias['FunctionName']['Ref']}.Arn}}:{alias['Name']}"
