"""template.yaml: its parameters, its outputs, and the deployment settings of samconfig.toml."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.kit.project import ROOT, TEMPLATE

PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
TEXT = (ROOT / "template.yaml").read_text()


MLFLOW_ARN = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/team"


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_is_described_bounded_and_used(name: str) -> None:
    parameter = PARAMETERS[name]
    assert parameter["Description"].endswith(".")
    assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter)
    assert _takes(parameter, parameter["Default"])
    assert re.search(rf"!Ref {name}\b|\${{{name}}}", TEXT)
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert [name in group["Parameters"] for group in groups].count(True) == 1


def _takes(parameter: dict[str, Any], value: Any) -> bool:
    if "AllowedValues" in parameter:
        return str(value) in map(str, parameter["AllowedValues"])
    if parameter["Type"] == "Number":
        return bool(parameter["MinValue"] <= float(value) <= parameter["MaxValue"])
    return re.fullmatch(parameter["AllowedPattern"], value) is not None


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (
            "AllowedHosts",
            ["", "a.example", "a.example,b.example.org"],
            ["localhost", "a.example,", "https://a.b", "A.b"],
        ),
        (
            "JudgeModelId",
            ["amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1:0", "global.anthropic.x-1:0", "deepseek.v3.2"],
            ["", "us.a.b.c", "nova pro", "arn:aws:bedrock:us-east-1::foundation-model/x"],
        ),
        ("SecondJudgeModelId", ["", "us.amazon.nova-pro-v1:0"], ["us.a.b.c", "a.b,c.d"]),
        ("AuditJudgeModelId", ["", "us.anthropic.x-1:0"], ["us.a.b.c", "*"]),
        ("ThirdJudgeModelId", ["", "amazon.nova-pro-v1:0"], ["us.a.b.c", "*"]),
        (
            "ForeignGraderArns",
            [
                "",
                "arn:aws:lambda:us-east-1:123456789012:function:a",
                ",".join(["arn:aws:lambda:x:123456789012:function:a:live"] * 2),
            ],
            ["arn:aws:lambda:us-east-1:123456789012:function:*", "arn:aws:lambda:x:123456789012:function:a,", "*"],
        ),
        (
            "CodeInterpreterArn",
            ["", *(f"arn:aws:bedrock-agentcore:x:{who}:code-interpreter/a.v1" for who in ("aws", "123456789012"))],
            ["aws.codeinterpreter.v1", "arn:aws:bedrock-agentcore:x:aws:code-interpreter/*", "*"],
        ),
        ("ResourcePrefix", ["", "sagemaker-", "a" * 20], ["SageMaker", "-a", "1a", "a_b", "a" * 21]),
        ("DataKmsKeyArn", ["", "arn:aws:kms:us-east-1:123456789012:key/0a-1b"], ["alias/x", "*"]),
        ("ModelKmsKeyArn", ["", "arn:aws:kms:us-east-1:123456789012:key/0a-1b"], ["alias/x", "*"]),
        (
            "PermissionsBoundaryArn",
            ["", "arn:aws:iam::123456789012:policy/ml/boundary", "arn:aws:iam::aws:policy/PowerUserAccess"],
            ["arn:aws:iam::123456789012:policy/*", "boundary", "*"],
        ),
        ("RolePath", ["/", "/ml/rft/"], ["", "ml/", "/ml", "//", "/a b/"]),
        (
            "VpcSubnetIds",
            ["", "subnet-0a1b2c3d", ",".join(["subnet-0123456789abcdef0"] * 16)],
            ["subnet-1", "subnet-0a1b2c3d,", "subnet-0a1b2c3d, subnet-1a1b2c3d", ",".join(["subnet-0a1b2c3d"] * 17)],
        ),
        ("VpcSecurityGroupIds", ["", ",".join(["sg-0123456789abcdef0"] * 5)], ["sg-x", ",".join(["sg-0a1b2c3d"] * 6)]),
        (
            "MlflowTrackingUri",
            ["", "https://mlflow.example.org/a", "http://10.0.0.7:5000", MLFLOW_ARN],
            ["mlflow.example.org", "s3://bucket", "https://", MLFLOW_ARN.replace("team", "*"), "*"],
        ),
        ("MlflowArtifactBucket", ["", "runs-bucket"], ["s3://runs-bucket", "Runs", "*"]),
        ("NotificationEmail", ["", "a@b.example"], ["a@b", "a b@c.example"]),
    ],
)
def test_a_parameters_pattern_accepts_only_valid_values(parameter: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if not _takes(PARAMETERS[parameter], value)] == []
    assert [value for value in bad if _takes(PARAMETERS[parameter], value)] == []


def test_the_outputs_are_complete() -> None:
    assert set(TEMPLATE["Outputs"]) >= {
        "ApiUrl",
        "DataBucketName",
        "LedgerName",
        "StateMachineArn",
        "OutcomeTopicArn",
        "GradePandalmArn",
        "BedrockRoleArn",
    }
    assert all(output["Description"] for output in TEMPLATE["Outputs"].values())


@pytest.mark.parametrize("environment_name", ["default", "dev", "prod"])
def test_the_deployment_settings_fit_the_parameters(environment_name: str) -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())[environment_name]
    for override in config["deploy"]["parameters"].get("parameter_overrides", []):
        name, _, value = override.partition("=")
        assert _takes(PARAMETERS[name], value), override
