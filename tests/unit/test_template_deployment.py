"""template.yaml: what deploys, updates and deletes on AWS as it does here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.kit.project import FUNCTIONS, RESOURCES, ROOT, TEMPLATE
from tests.kit.template_statements import attribute

PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]

MAX_ENVIRONMENT_BYTES = 4096
"""Of all variables of one function together (AWS Lambda quotas)."""

MAX_DESCRIPTION = 256
"""Characters of a version's description (Lambda API, PublishVersion)."""

LAMBDA_LOG_LEVELS = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
"""ApplicationLogLevel of AWS::Lambda::Function LoggingConfig."""

LONGEST_REFERENCE = 116
"""Characters of the ARN of a function of 64 with the alias live, the longest Ref or GetAtt that functions get."""

EXCLUSIVE = {"PRICE_TABLE_URI"}
"""Variables that are empty where a longer one is given: the rule PriceTableIsOne."""


def test_the_log_level_reaches_lambdas_own_filter_by_lambdas_name() -> None:
    level = GLOBALS["LoggingConfig"]["ApplicationLogLevel"]
    names = TEMPLATE["Mappings"]["LambdaLogLevels"]
    assert level == {"Fn::FindInMap": ["LambdaLogLevels", {"Ref": "LogLevel"}, "Name"]}
    assert set(names) == set(PARAMETERS["LogLevel"]["AllowedValues"])
    assert {entry["Name"] for entry in names.values()} <= LAMBDA_LOG_LEVELS


def test_the_dead_letter_queue_accepts_each_rule_by_its_arn() -> None:
    rules = {
        f"{name}{event}.Arn"
        for name in (*FUNCTIONS, "DeliverWebhooks")
        for event, definition in RESOURCES[name]["Properties"].get("Events", {}).items()
        if "DeadLetterConfig" in definition["Properties"]
    }
    (statement,) = RESOURCES["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    named = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert {attribute(arn) for arn in named} == rules


@pytest.mark.parametrize("role", ["BedrockRole", "StartTraining"])
def test_a_model_key_is_usable_by_bedrocks_role_and_the_jobs_starter(role: str) -> None:
    conditional = [v["Fn::If"] for v in _mappings(RESOURCES[role]) if v.get("Fn::If", [""])[0] == "HasModelKmsKey"]
    ((_, statement, _no_value),) = conditional
    assert statement["Resource"] == {"Ref": "ModelKmsKeyArn"}
    assert set(statement["Action"]) == {"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"}
    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": {"Fn::Sub": "bedrock.${AWS::Region}.amazonaws.com"}}
    }


def _mappings(node: Any) -> list[dict[str, Any]]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return ([node] if isinstance(node, dict) else []) + [found for child in children for found in _mappings(child)]


def test_functions_do_not_recreate_log_groups_after_stack_deletion() -> None:
    _, foreign, own = GLOBALS["PermissionsBoundary"]["Fn::If"]
    assert (foreign, own) == ({"Ref": "PermissionsBoundaryArn"}, {"Ref": "FunctionBoundary"})
    allowed, _ = RESOURCES["FunctionBoundary"]["Properties"]["PolicyDocument"]["Statement"]
    assert (allowed["Effect"], allowed["NotAction"], allowed["Resource"]) == ("Allow", "logs:CreateLogGroup", "*")
    assert [name for name in FUNCTIONS if "PermissionsBoundary" in RESOURCES[name]["Properties"]] == []


@pytest.mark.parametrize("name", ["DataBucket", "Ledger"])
def test_a_first_deployment_that_fails_leaves_no_data_resource(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_longest_parameters_fit_a_functions_environment(name: str) -> None:
    variables = GLOBALS["Environment"]["Variables"] | RESOURCES[name]["Properties"].get("Environment", {}).get(
        "Variables", {}
    )
    assert (
        sum(len(key) + _longest(value) for key, value in variables.items() if key not in EXCLUSIVE)
        <= MAX_ENVIRONMENT_BYTES
    )


def _longest(value: Any) -> int:
    """Characters of a template value at its longest."""
    match value:
        case str():
            return len(value)
        case {"Ref": name}:
            return _longest_parameter(PARAMETERS[name]) if name in PARAMETERS else LONGEST_REFERENCE
        case {"Fn::Sub": [text, names]}:
            return _longest_text(text, names)
        case {"Fn::Sub": str(text)}:
            return _longest_text(text)
        case {"Fn::If": [_, one, other]}:
            return max(_longest(one), _longest(other))
        case _:
            return LONGEST_REFERENCE


def _longest_text(text: str, names: Mapping[str, Any] = MappingProxyType({})) -> int:
    references = re.findall(r"\$\{([\w.:]+)\}", text)
    return len(re.sub(r"\$\{[\w.:]+\}", "", text)) + sum(
        _longest(names.get(name, {"Ref": name})) for name in references
    )


def _longest_parameter(parameter: dict[str, Any]) -> int:
    if "AllowedValues" in parameter:
        return max(len(str(value)) for value in parameter["AllowedValues"])
    if parameter["Type"] == "Number":
        return len(str(parameter["MaxValue"]))
    return int(parameter["MaxLength"])


def test_an_error_text_in_the_access_log_is_quoted_by_api_gateway() -> None:
    form = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.error.messageString" in form
    assert '"$context.error.messageString"' not in form
    assert re.search(r"\$context\.error\.message\b(?!String)", form) is None


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if "AutoPublishAlias" in RESOURCES[n]["Properties"]])
def test_every_parameter_of_a_judge_makes_a_new_version_of_it(name: str) -> None:
    properties = RESOURCES[name]["Properties"]
    variables = GLOBALS["Environment"]["Variables"] | properties["Environment"]["Variables"]
    used = {found for value in variables.values() for found in re.findall(r"\w+", str(value))} & set(PARAMETERS)
    description = properties["VersionDescription"]["Fn::Sub"]
    assert used <= set(re.findall(r"\$\{(\w+)\}", description))
    assert _longest_text(description) <= MAX_DESCRIPTION


@pytest.mark.parametrize("name", ["DependenciesLayer", "RftLayer"])
def test_a_new_layer_makes_new_versions_of_the_functions_with_an_alias(name: str) -> None:
    assert RESOURCES[name]["Properties"]["PublishLambdaVersion"] is True


# ---- roles ----------------------------------------------------------------------------------------------------------

WITHOUT_A_PATH = {"DeliverWebhooksRunChangedRole"}
"""SAM makes the role of a state machine's event without the machine's RolePath."""


def test_every_role_is_bounded_and_has_the_stacks_path() -> None:
    roles = {name: each["Properties"] for name, each in _translated().items() if each["Type"] == "AWS::IAM::Role"}
    assert len(roles) > len(FUNCTIONS)
    assert {name for name, role in roles.items() if role.get("Path") != {"Ref": "RolePath"}} == WITHOUT_A_PATH
    boundaries = {str(role["PermissionsBoundary"]["Fn::If"][:2]) for role in roles.values()}
    assert boundaries == {str(["HasPermissionsBoundary", {"Ref": "PermissionsBoundaryArn"}])}


def _translated() -> dict[str, dict[str, Any]]:
    """The resources as SAM makes them, with code that is somewhere."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("DefinitionUri", "CodeUri", "ContentUri"):
            if name in properties:
                properties[name] = "s3://bucket/key"
    policies: Any = SimpleNamespace(load=dict)
    with patch.dict("os.environ", {"AWS_DEFAULT_REGION": "us-east-1"}):
        resources: dict[str, dict[str, Any]] = transform(template, {}, policies)["Resources"]
    return resources
