"""Translates the project's SAM template for moto's CloudFormation. Reads files; makes no AWS calls.

Code is not copied: a `CodeUri` or `ContentUri` becomes an S3 URI whose key contains the folder's path, so that the
folder of a deployed function can be found.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
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

from emulator.cloudformation.artifacts import ARTIFACTS, TemplateInvalid, use_artifact_uris
from emulator.cloudformation.references import Resource, replace_references, supported_dependencies

SKIPPED_TYPES = frozenset({"AWS::S3::BucketPolicy", "AWS::Lambda::Version"})
"""Skipped although moto supports them: the bucket policy requires TLS, which the loopback endpoint does not have, and
the emulator publishes versions itself."""


@dataclass(frozen=True)
class StackTemplate:
    """A CloudFormation template for moto, and separately the resources that moto does not support."""

    body: dict[str, Any]
    unsupported: dict[str, Resource]
    source_digest: str
    """SHA-256 of the template and the state machine definitions before translation, without code."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        known: Mapping[str, Any] = self.body.get("Parameters", {})
        return known

    @property
    def rules(self) -> Mapping[str, Any]:
        known: Mapping[str, Any] = self.body.get("Rules", {})
        return known

    @property
    def resources(self) -> Mapping[str, Resource]:
        """All resources by logical id, deployed by moto or not."""
        return {**self.body["Resources"], **self.unsupported}

    def existing(self, conditions: Mapping[str, bool]) -> StackTemplate:
        """Return the template without the resources whose condition is false."""

        def filtered(resources: Mapping[str, Resource]) -> dict[str, Resource]:
            return {name: r for name, r in resources.items() if "Condition" not in r or conditions[r["Condition"]]}

        body = {**self.body, "Resources": filtered(self.body["Resources"])}
        return StackTemplate(body, filtered(self.unsupported), self.source_digest)

    def of_type(self, *types: str) -> Iterator[tuple[str, Resource]]:
        """Yield (logical id, resource) for resources of these types, deployed by moto or not."""
        for name, resource in self.resources.items():
            if resource["Type"] in types:
                yield name, resource


def load(path: Path, *, region: str, parameters: Mapping[str, str], supported: Callable[[str], bool]) -> StackTemplate:
    """Read and translate a SAM template. `supported` returns whether moto supports a resource type.

    Raises TemplateInvalid.
    """
    try:
        source = copy.deepcopy(_parse_once(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise TemplateInvalid(f"{path}: {error}") from error
    definitions = _take_definitions(source, path.parent)
    digest = hashlib.sha256(json.dumps([source, definitions], sort_keys=True, default=str).encode()).hexdigest()
    use_artifact_uris(source, path.parent)
    body = _translate(source, region, parameters)
    for name, (text, substitutions) in definitions.items():
        properties = body["Resources"][name]["Properties"]
        properties.pop("DefinitionS3Location", None)
        properties["DefinitionString"] = _substitute(text, substitutions)
    return _partition(body, supported, digest)


_parse_once = functools.lru_cache(maxsize=10)(yaml_parse)
"""Cached because parsing takes a third of the emulator's start-up time. Callers must copy the result to change it."""


def _translate(source: dict[str, Any], region: str, overrides: Mapping[str, str]) -> dict[str, Any]:
    """Apply the AWS::Serverless transform with the given parameter values."""
    session = boto3.session.Session(region_name=region)
    defaults = {name: p["Default"] for name, p in source.get("Parameters", {}).items() if "Default" in p}
    try:
        translator = Translator(None, Parser(), boto_session=session)
        translated: dict[str, Any] = translator.translate(source, parameter_values={**defaults, **overrides})
    except InvalidDocumentException as error:
        raise TemplateInvalid("; ".join(cause.message for cause in error.causes)) from error
    return translated


def _take_definitions(source: dict[str, Any], root: Path) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Remove and return the definition text and the substitutions of each state machine."""
    definitions = {}
    for name, resource in source["Resources"].items():
        properties = resource.setdefault("Properties", {})
        if resource["Type"] == "AWS::Serverless::StateMachine" and "DefinitionUri" in properties:
            text = (root / properties["DefinitionUri"]).read_text(encoding="utf-8")
            definitions[name] = (text, properties.pop("DefinitionSubstitutions", {}))
            properties["DefinitionUri"] = f"s3://{ARTIFACTS}/{name}"
    return definitions


def _substitute(text: str, substitutions: Mapping[str, Any]) -> dict[str, Any]:
    """Replace `${Name}` as CloudFormation does: in the text, before it is parsed as JSON."""
    parts = re.split(r"\$\{(\w+)\}", text)
    unknown = sorted(set(parts[1::2]) - set(substitutions))
    if unknown:
        raise TemplateInvalid(f"the state machine uses substitutions that the template does not define: {unknown}")
    pieces = [substitutions[part] if index % 2 else part for index, part in enumerate(parts)]
    return {"Fn::Join": ["", pieces]}


def _partition(body: dict[str, Any], supported: Callable[[str], bool], digest: str) -> StackTemplate:
    resources: dict[str, Resource] = body["Resources"]
    unsupported = {
        name: resource
        for name, resource in resources.items()
        if resource["Type"] in SKIPPED_TYPES or not supported(resource["Type"])
    }
    deployable = {
        name: supported_dependencies(r, unsupported) for name, r in resources.items() if name not in unsupported
    }
    known = replace_references(unsupported, {**body, "Resources": deployable})
    others = replace_references(unsupported, copy.deepcopy(unsupported))
    return StackTemplate(known, others, digest)
