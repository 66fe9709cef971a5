"""template.yaml: its functions, API, storage and layers."""

from __future__ import annotations

import ast
import re

import pytest

from rft import settings
from rft.http import CATCH_ALL
from tests.kit.project import FUNCTIONS, MACHINE, RESOURCES, ROOT, TEMPLATE, snake
from tests.kit.template_statements import statements

SETTINGS = {c.__name__: c for c in settings.Settings.__subclasses__()}
LIBRARY_VARIABLES = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", "TIKTOKEN_CACHE_DIR"}
GLOBAL_VARIABLES = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])

functions = pytest.mark.parametrize("name", FUNCTIONS)


def environment(name: str) -> set[str]:
    return set(RESOURCES[name]["Properties"].get("Environment", {}).get("Variables", {})) | GLOBAL_VARIABLES


def aliases(of: type[settings.Settings], *, required: bool = False) -> set[str]:
    fields = of.model_fields.values()
    return {str(field.alias) for field in fields if field.is_required() or not required}


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
def test_environment_variables_match_the_settings(name: str) -> None:
    assert environment(name) <= set.union(LIBRARY_VARIABLES, *(aliases(c) for c in SETTINGS.values()))


@functions
def test_a_function_gets_only_the_environment_that_its_code_reads(name: str) -> None:
    source = _api_source() if name == "Api" else (ROOT / "functions" / snake(name) / "app.py").read_text()
    read = _settings_read_by(source)
    assert set.union(set(), *(aliases(c, required=True) for c in read)) <= environment(name)
    assert environment(name) - LIBRARY_VARIABLES <= set.union(set(), *(aliases(c) for c in read))


def _api_source() -> str:
    """The API's handler with the routes that it includes."""
    files = ("functions/api/app.py", "layers/rft/rft/experiment_routes.py")
    return "\n".join((ROOT / name).read_text() for name in files)


def _settings_read_by(app: str) -> set[type[settings.Settings]]:
    """The Settings classes that a handler names itself, or through the ports it gets from `wiring`."""
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


def test_the_routes_match_the_api() -> None:
    found = re.findall(r"@(?:app|experiment_routes)\.(\w+)\(\s*\"([^\"]+)\"", _api_source())
    answered = {(method.upper(), path) for method, path in found}
    events = [event["Properties"] for event in RESOURCES["Api"]["Properties"]["Events"].values()]
    routes = {(e["Method"], re.sub(r"\{(\w+)\}", r"<\1>", e["Path"])) for e in events}
    assert routes - answered == {tuple(CATCH_ALL.split())}  # which is always refused
    assert answered <= routes


def test_the_api_requires_a_signature_and_is_throttled() -> None:
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


# ---- storage, logging, layers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["DataBucket", "Ledger"])
def test_data_is_retained_after_the_stack(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"].startswith("Retain")
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_private_versioned_encrypted_and_sends_events() -> None:
    bucket = RESOURCES["DataBucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    assert bucket["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"] is True
    (denial,) = statements(RESOURCES["DataBucketPolicy"])
    assert (denial["Effect"], denial["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": False}})


def test_the_ledger_is_billed_on_demand_and_can_be_restored() -> None:
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
def test_a_layer_is_built_for_its_runtime(name: str) -> None:
    layer, shared = RESOURCES[name], TEMPLATE["Globals"]["Function"]
    assert layer["Metadata"]["BuildMethod"] == "makefile"
    assert [layer["Metadata"]["BuildArchitecture"]] == layer["Properties"]["CompatibleArchitectures"]
    assert layer["Properties"]["CompatibleArchitectures"] == shared["Architectures"]
    assert layer["Properties"]["CompatibleRuntimes"] == [shared["Runtime"]]
    makefile = (ROOT / layer["Properties"]["ContentUri"] / "Makefile").read_text()
    assert f"build-{name}:" in makefile
