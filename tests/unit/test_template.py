"""template.yaml: what it gives is bounded, least, and what the code asks for."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from rft import settings
from rft.http import CATCH_ALL
from tests.kit.project import FUNCTIONS, MACHINE, RESOURCES, ROOT, STEPS, TEMPLATE, snake

PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
TEXT = (ROOT / "template.yaml").read_text()
SETTINGS = {c.__name__: c for c in settings.Settings.__subclasses__()}
LIBRARY_VARIABLES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", "TIKTOKEN_CACHE_DIR"}
GLOBAL_VARIABLES = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])

functions = pytest.mark.parametrize("name", FUNCTIONS)


def environment(name: str) -> set[str]:
    return set(RESOURCES[name]["Properties"].get("Environment", {}).get("Variables", {})) | GLOBAL_VARIABLES


def aliases(of: type[settings.Settings], *, required: bool = False) -> set[str]:
    fields = of.model_fields.values()
    return {str(field.alias) for field in fields if field.is_required() or not required}


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping under `node`."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


def statements(resource: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in nodes(resource) if "Effect" in node]


# ---- functions ----------------------------------------------------------------------------------------------------


@functions
def test_a_function_has_its_own_log_group_with_a_retention(name: str) -> None:
    group = RESOURCES[name]["Properties"]["LoggingConfig"]["LogGroup"]
    assert group == {"Ref": f"{name}LogGroup"}
    properties = RESOURCES[f"{name}LogGroup"]["Properties"]
    assert properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert properties["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}/{name}"}, (
        "as `rft logs` finds it"
    )


@functions
def test_a_function_has_memory_a_timeout_and_a_policy_of_its_own(name: str) -> None:
    assert 128 <= FUNCTIONS[name]["MemorySize"] <= 10_240
    assert 1 <= FUNCTIONS[name]["Timeout"] <= 900
    assert statements(RESOURCES[name]["Properties"]["Policies"])
    assert "Role" not in RESOURCES[name]["Properties"]


@functions
def test_a_function_repeats_no_global(name: str) -> None:
    shared = TEMPLATE["Globals"]["Function"]
    own = RESOURCES[name]["Properties"]
    assert [key for key, value in shared.items() if own.get(key) == value] == []


@functions
def test_a_function_is_one_file_that_needs_no_build(name: str) -> None:
    folder = ROOT / RESOURCES[name]["Properties"]["CodeUri"]
    assert folder.relative_to(ROOT).as_posix() == f"functions/{snake(name)}"
    assert RESOURCES[name]["Metadata"] == {"SkipBuild": True}
    assert [p.name for p in folder.iterdir() if p.name != "__pycache__"] == ["app.py"]


@functions
def test_environment_variables_are_those_of_the_settings(name: str) -> None:
    assert environment(name) <= set.union(LIBRARY_VARIABLES, *(aliases(c) for c in SETTINGS.values()))


@functions
def test_a_function_gets_the_environment_that_its_code_reads_and_no_more(name: str) -> None:
    source = _api_source() if name == "Api" else (ROOT / "functions" / snake(name) / "app.py").read_text()
    read = _settings_read_by(source)
    assert set.union(set(), *(aliases(c, required=True) for c in read)) <= environment(name)
    assert environment(name) - LIBRARY_VARIABLES <= set.union(set(), *(aliases(c) for c in read))


def _api_source() -> str:
    """The API's handler with the routes that it includes."""
    files = ("functions/api/app.py", "layers/rft/rft/experiment_routes.py")
    return "\n".join((ROOT / name).read_text() for name in files)


def _settings_read_by(app: str) -> set[type[settings.Settings]]:
    """The Settings classes that a handler names itself, or that the ports it asks `wiring` for are made with."""
    modules = (ROOT / "layers" / "rft" / "rft" / "wiring").glob("*.py")
    made = [node for path in modules for node in ast.parse(path.read_text()).body]
    uses = {f.name: _names(f) for f in made if isinstance(f, ast.FunctionDef)}
    found, ahead = _names(ast.parse(app)), list(_names(ast.parse(app)) & set(uses))
    while ahead:
        names = uses.pop(ahead.pop(), set())
        found |= names
        ahead.extend(names & set(uses))
    return {SETTINGS[name] for name in found & set(SETTINGS)}


def _names(tree: ast.AST) -> set[str]:
    attributes = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    return attributes | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def test_each_setting_can_be_set() -> None:
    given = set.union(*(environment(name) for name in FUNCTIONS))
    assert set.union(*(aliases(c) for c in SETTINGS.values())) <= given


def test_the_routes_are_those_that_the_api_answers() -> None:
    found = re.findall(r"@(?:app|experiment_routes)\.(\w+)\(\s*\"([^\"]+)\"", _api_source())
    answered = {(method.upper(), path) for method, path in found}
    events = [event["Properties"] for event in RESOURCES["Api"]["Properties"]["Events"].values()]
    routes = {(e["Method"], re.sub(r"\{(\w+)\}", r"<\1>", e["Path"])) for e in events}
    assert routes - answered == {tuple(CATCH_ALL.split())}  # which is refused, whatever it asks for
    assert answered <= routes


def test_the_api_asks_for_a_signature_and_has_a_limit() -> None:
    api = RESOURCES["HttpApi"]["Properties"]
    described = {
        ("ANY" if method == "x-amazon-apigateway-any-method" else method.upper(), path): operation["security"]
        for path, operations in api["DefinitionBody"]["paths"].items()
        for method, operation in operations.items()
    }
    events = [event["Properties"] for event in RESOURCES["Api"]["Properties"]["Events"].values()]
    assert set(described) == {(e["Method"], e["Path"]) for e in events}
    for (method, path), security in described.items():
        decides = path.endswith(("/approve", "/rollback")) or method == "DELETE"
        scope = "approve" if decides else "read" if method in {"GET", "ANY"} else "start"
        token = [{"JWT": [{"Fn::Sub": f"${{JwtScopePrefix}}{scope}"}]}]
        assert security == {"Fn::If": ["UsesJwt", token, [{"AWS_IAM": []}]]}
    assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(api["DefaultRouteSettings"])
    assert api["AccessLogSettings"]["DestinationArn"]
    for proof in ("identity.userArn", "authorizer.claims.sub", "authorizer.claims.iss"):
        assert f'"$context.{proof}"' in api["AccessLogSettings"]["Format"]


# ---- rights -------------------------------------------------------------------------------------------------------


def test_a_resource_that_is_any_resource_says_why() -> None:
    wide = [line for line in TEXT.splitlines() if re.search(r"""['"]\*['"]|arn:[^#]*:\*:""", line)]
    assert wide
    assert [line for line in wide if " # " not in line] == []


@pytest.mark.parametrize("name", RESOURCES)
def test_no_right_is_given_to_any_action_or_principal(name: str) -> None:
    for statement in statements(RESOURCES[name]):
        if statement["Effect"] == "Allow":
            assert "*" not in str(statement.get("Action", ""))
            assert "*" not in str(statement.get("Principal", ""))


def test_the_state_machine_may_call_its_steps_only() -> None:
    given = statements(RESOURCES["TrainModel"])
    (invoke,) = [s for s in given if s["Action"] == "lambda:InvokeFunction"]
    assert sorted(_get_att(r) for r in invoke["Resource"]) == sorted(f"{step}.Arn" for step in STEPS)


def _get_att(value: dict[str, Any]) -> str:
    target = value["Fn::GetAtt"]
    return target if isinstance(target, str) else ".".join(target)


def test_bedrocks_role_is_for_this_accounts_jobs_only() -> None:
    (trust,) = RESOURCES["BedrockRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(":model-customization-job/*")
    rights = statements({"Policies": RESOURCES["BedrockRole"]["Properties"]["Policies"]})
    services = {action.split(":")[0] for s in rights for action in _listed(s["Action"])}
    assert services == {"s3", "lambda", "kms"}
    assert [s for s in rights if s["Resource"] == "*"] == []


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


RUN_CONFIG = "${DataBucket.Arn}/runs/*/grader.json"
INTERPRETER_ACTIONS = [
    f"bedrock-agentcore:{name}"
    for name in ("StartCodeInterpreterSession", "InvokeCodeInterpreter", "StopCodeInterpreterSession")
]


def test_a_grader_may_do_what_grading_takes_and_nothing_else() -> None:
    bucket = {"Fn::Sub": "${DataBucket.Arn}/runs/*/rollouts/*"}
    for name in (name for name in FUNCTIONS if name.startswith("Grade")):
        given = statements(RESOURCES[name]["Properties"]["Policies"])
        judging = [s for s in given if s["Action"] == "bedrock:InvokeModel"]
        caching = [s for s in given if s["Resource"] == {"Fn::GetAtt": ["JudgeCache", "Arn"]}]
        assert [s["Resource"] for s in given if s["Action"] == "s3:PutObject"] == [bucket]
        config = [s for s in given if s["Action"] == "s3:GetObject"]
        running = [s for s in given if s["Resource"] == {"Ref": "CodeInterpreterArn"}]
        listing = [s for s in given if s["Action"] == "s3:ListBucket"]
        assert len(given) == 1 + sum(map(len, (judging, caching, config, listing, running)))
        assert [s["Action"] for s in running] == (name == "GradeCode") * [INTERPRETER_ACTIONS]
        assert bool(judging) == bool(caching) == (name in {"GradePandalm", "GradeRubric"})
        assert [s["Resource"] for s in config] == bool(judging) * [{"Fn::Sub": RUN_CONFIG}]
        assert len(listing) == len(config), "a run without a config answers 404, not 403"


def test_a_look_at_a_job_reads_rollouts_and_nothing_else_of_the_bucket() -> None:
    given = [s for s in statements(RESOURCES["CheckTraining"]["Properties"]["Policies"]) if "s3:" in str(s["Action"])]
    assert {s["Action"]: (s["Resource"], s.get("Condition")) for s in given} == {
        "s3:GetObject": ({"Fn::Sub": "${DataBucket.Arn}/runs/*/rollouts/*"}, None),
        "s3:ListBucket": (
            {"Fn::GetAtt": ["DataBucket", "Arn"]},
            {"StringLike": {"s3:prefix": "runs/*/rollouts/"}},
        ),
    }


def test_a_judge_behind_a_profile_is_reached_through_that_profile_only() -> None:
    given = statements(RESOURCES["GradePandalm"]["Properties"]["Policies"])
    anywhere = [s for s in given if "bedrock:*::foundation-model" in str(s["Resource"])]
    profiles = [s["Condition"]["StringLike"]["bedrock:InferenceProfileArn"]["Fn::Sub"] for s in anywhere]
    judges = ("JudgeModelId", "SecondJudgeModelId", "ThirdJudgeModelId", "AuditJudgeModelId")
    assert [p.rsplit("/")[-1] for p in profiles] == [f"${{{judge}}}" for judge in judges]


def test_bedrock_and_the_smoke_test_call_published_grader_versions() -> None:
    graders = sorted(name for name in FUNCTIONS if name.startswith("Grade"))
    for name in ("BedrockRole", "SmokeTestGrader", "RunProbeBatch"):
        (invoke, _foreign) = [s for s in statements(RESOURCES[name]) if "lambda:InvokeFunction" in s["Action"]]
        assert sorted(r["Fn::Sub"] for r in invoke["Resource"]) == [f"${{{grader}.Arn}}:*" for grader in graders]
    (publish,) = [s for s in statements(RESOURCES["SmokeTestGrader"]) if s["Action"] == "lambda:PublishVersion"]
    assert sorted(_get_att(r) for r in publish["Resource"]) == [f"{grader}.Arn" for grader in graders]


def test_a_judge_is_called_by_alias_only_with_provisioned_concurrency() -> None:
    for name in ("Api", "SmokeTestGrader", "ForecastRun", "StartFromUpload"):
        _, names = RESOURCES[name]["Properties"]["Environment"]["Variables"]["GRADERS"]["Fn::Sub"]
        for judge, chosen in names.items():
            alias, function = {"Ref": f"Grade{judge}.Alias"}, {"Fn::GetAtt": [f"Grade{judge}", "Arn"]}
            assert chosen == {"Fn::If": ["HasJudgeProvision", alias, function]}


def test_only_training_is_started_with_bedrocks_role() -> None:
    passing = [(n, s) for n, r in RESOURCES.items() for s in statements(r) if "iam:PassRole" in str(s.get("Action"))]
    assert [(name, s["Condition"]) for name, s in passing] == [
        ("StartTraining", {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}})
    ]


# ---- storage, logging, layers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["DataBucket", "Ledger"])
def test_data_outlives_the_stack(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"].startswith("Retain")
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_private_versioned_encrypted_and_tells_eventbridge() -> None:
    bucket = RESOURCES["DataBucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    assert bucket["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"] is True
    (denial,) = statements(RESOURCES["DataBucketPolicy"])
    assert (denial["Effect"], denial["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": False}})


def test_the_ledger_is_billed_by_use_and_can_be_restored() -> None:
    table = RESOURCES["Ledger"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    keys = [table["KeySchema"], *(index["KeySchema"] for index in table["GlobalSecondaryIndexes"])]
    used = {key["AttributeName"] for schema in keys for key in schema}
    assert used == {a["AttributeName"] for a in table["AttributeDefinitions"]}


def test_the_state_machines_log_holds_no_run_data() -> None:
    machine = RESOURCES["TrainModel"]["Properties"]
    assert machine["Logging"]["Level"] == "ALL"
    assert machine["Logging"]["IncludeExecutionData"] is False
    assert machine["Tracing"] == {"Enabled": True}
    assert (ROOT / machine["DefinitionUri"]).is_file()
    assert MACHINE["StartAt"] in MACHINE["States"]


@pytest.mark.parametrize("name", ["DependenciesLayer", "RftLayer"])
def test_a_layer_is_built_for_what_runs_it(name: str) -> None:
    layer, shared = RESOURCES[name], TEMPLATE["Globals"]["Function"]
    assert layer["Metadata"]["BuildMethod"] == "makefile"
    assert [layer["Metadata"]["BuildArchitecture"]] == layer["Properties"]["CompatibleArchitectures"]
    assert layer["Properties"]["CompatibleArchitectures"] == shared["Architectures"]
    assert layer["Properties"]["CompatibleRuntimes"] == [shared["Runtime"]]
    makefile = (ROOT / layer["Properties"]["ContentUri"] / "Makefile").read_text()
    assert f"build-{name}:" in makefile


# ---- parameters and their users -----------------------------------------------------------------------------------


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
        ("ModelKmsKeyArn", ["", "arn:aws:kms:us-east-1:123456789012:key/0a-1b"], ["alias/x", "*"]),
        (
            "PermissionsBoundaryArn",
            ["", "arn:aws:iam::123456789012:policy/ml/boundary", "arn:aws:iam::aws:policy/PowerUserAccess"],
            ["arn:aws:iam::123456789012:policy/*", "boundary", "*"],
        ),
        ("RolePath", ["/", "/ml/rft/"], ["", "ml/", "/ml", "//", "/a b/"]),
        ("NotificationEmail", ["", "a@b.example"], ["a@b", "a b@c.example"]),
    ],
)
def test_a_parameters_pattern_takes_what_is_right_and_nothing_else(
    parameter: str, good: list[str], bad: list[str]
) -> None:
    assert [value for value in good if not _takes(PARAMETERS[parameter], value)] == []
    assert [value for value in bad if _takes(PARAMETERS[parameter], value)] == []


def test_the_outputs_are_what_users_need() -> None:
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
