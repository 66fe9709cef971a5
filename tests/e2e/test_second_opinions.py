"""Independent implementations decide as the emulated AWS does; skipped where node or their packages are missing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata

from emulator.iam.authorizer import Authorizer
from emulator.iam.documents import Statement
from emulator.iam.evaluation import AccessRequest, Decision
from emulator.moto.jsonata import divided
from tests.kit.project import ROOT
from tests.kit.stack_harness import StackHarness

ORACLES = ROOT / "tests" / "oracles"
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(not (ORACLES / "node_modules").is_dir(), reason="run `make oracles` first"),
]


def _with_package(name: str) -> pytest.MarkDecorator:
    missing = not (ORACLES / "node_modules" / name).is_dir()
    return pytest.mark.skipif(missing, reason=f"{name} is not installed; run `make oracles` first")


NO_VERDICT = ("no.resource.types", "must.use.wildcard")
"""Where the simulator's tables, made of AWS's Service Authorization Reference, are not how AWS decides.

They lack new resources of CreateModelCustomizationJob, and all of SendTaskSuccess, which AWS checks
on the ARN of the state machine: its denials name it, and the CDK's `grantTaskResponse` grants it.
"""


def node(script: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(NODE), script, *arguments]
    return subprocess.run(command, cwd=ORACLES, input=text, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture(scope="module")
def evaluations(bench: StackHarness) -> dict[str, Any]:
    """Each distinct expression that the stack's runs evaluate, with its value; errors apart."""
    found: dict[str, Any] = {}
    evaluate = moto_jsonata._eval_jsonata

    def recording(expression: str) -> Any:
        found[expression] = value = evaluate(expression)
        return value

    with patch.object(moto_jsonata, "_eval_jsonata", recording):
        assert bench.run("second-opinion").status == "COMPLETED"
        assert bench.run("second-refused", b"[]").status == "FAILED"
    return found


def test_expressions_match_the_jsonata_reference_implementation(evaluations: dict[str, Any]) -> None:
    inputs = []
    for expression in evaluations:
        query, bindings = divided(expression)
        inputs.append({"query": query, "bindings": {name: json.loads(text) for name, text in bindings.items()}})
    done = node("jsonata.mjs", text=json.dumps(inputs))
    assert done.returncode == 0, done.stderr
    assert len({each["query"] for each in inputs}) > 40
    differing = [
        (given, reference, ours)
        for given, reference, ours in zip(inputs, json.loads(done.stdout), evaluations.values(), strict=True)
        if reference != {"value": ours}
    ]
    assert differing == []


@_with_package("@cloud-copilot/iam-simulate")
@pytest.mark.usefixtures("evaluations")
def test_authorization_matches_an_independent_simulator(bench: StackHarness) -> None:
    recorded = [found for found in bench.aws.authorizer.calls.values() if found[0].principal.role]
    simulations = [simulation(bench.aws.authorizer, request) for request, _ in recorded]
    simulations += [{**each, "identityPolicies": []} for each in simulations[::4]]
    done = node("iam.mjs", text=json.dumps(simulations))
    assert done.returncode == 0, done.stderr
    expected = [verdict(decision) for _, decision in recorded] + ["ImplicitlyDenied"] * len(
        simulations[len(recorded) :]
    )
    assert len(recorded) > 60
    differing = [
        (each["request"], found, decision)
        for each, found, decision in zip(simulations, json.loads(done.stdout), expected, strict=True)
        if found != decision and not any(reason in found for reason in NO_VERDICT)
    ]
    assert differing == []


def verdict(decision: Decision) -> str:
    return "Allowed" if decision.allowed else "ExplicitlyDenied" if decision.explicit else "ImplicitlyDenied"


def simulation(authorizer: Authorizer, request: AccessRequest) -> dict[str, Any]:
    """The request with its policies, as iam-simulate takes them."""
    policies = authorizer.policies_for(request.principal, request.resource)
    context = {key: values[0] if len(values) == 1 else list(values) for key, values in request.context.keys.items()}
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    return {
        "request": {
            "principal": request.principal.arn,
            "action": request.action,
            "resource": {"resource": request.resource, "accountId": request.principal.account},
            "contextVariables": context,
        },
        "identityPolicies": [{"name": "identity", "policy": document(policies.identity)}],
        "serviceControlPolicies": [{"orgIdentifier": "r", "policies": [{"name": "all", "policy": everything}]}],
        "resourceControlPolicies": [],
        **({"resourcePolicy": document(policies.resource)} if policies.resource else {}),
        **(
            {"permissionBoundaryPolicies": [{"name": "boundary", "policy": document(policies.boundary)}]}
            if policies.boundary is not None
            else {}
        ),
    }


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [written(each) for each in statements]}


def written(statement: Statement) -> dict[str, Any]:
    """The statement as JSON again."""
    principals = statement.principals
    named = None if principals is None else "*" if "*" in principals else {k: list(v) for k, v in principals.items()}
    return {
        "Effect": "Allow" if statement.allow else "Deny",
        "NotAction" if statement.not_actions else "Action": list(statement.actions),
        "NotResource" if statement.not_resources else "Resource": list(statement.resources),
        **({} if named is None else {"Principal": named}),
        **({"Condition": statement.conditions} if statement.conditions else {}),
    }


def test_an_independent_validator_accepts_the_state_machine(tmp_path: Path) -> None:
    text = (ROOT / "statemachine" / "train_model.asl.json").read_text()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    filled = re.sub(r"\$\{\w+Arn\}", arn, text)
    path = tmp_path / "machine.asl.json"
    path.write_text(re.sub(r"\$\{\w+\}", "60", filled))
    done = node("asl.mjs", str(path))
    assert done.returncode == 0, done.stderr
