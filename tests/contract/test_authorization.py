"""The template as CloudFormation gets it: both ways to prove who is calling are whole, and nothing in between."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloudformation.template import load
from tests.kit.project import ROOT, TEMPLATE

REGION = "us-east-1"
SAM_IAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  HttpApi:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth: {EnableIamAuthorizer: true, DefaultAuthorizer: AWS_IAM}
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: s3://bucket/code
      Events:
        ListRuns: {Type: HttpApi, Properties: {ApiId: !Ref HttpApi, Method: GET, Path: /runs}}
"""
SAM_JWT = SAM_IAM.replace(
    "{EnableIamAuthorizer: true, DefaultAuthorizer: AWS_IAM}",
    "{DefaultAuthorizer: JWT, Authorizers: {JWT: {IdentitySource: $request.header.Authorization, "
    "AuthorizationScopes: [!Sub '${JwtScopePrefix}read'], "
    "JwtConfiguration: {issuer: !Ref JwtIssuer, audience: !Split [',', !Ref JwtAudience]}}}}",
)


def body(path: Any, **parameters: str) -> dict[str, Any]:
    template = load(path, region=REGION, parameters=parameters, supported=lambda _: True)
    found: dict[str, Any] = template.body["Resources"]["HttpApi"]["Properties"]["Body"]
    return found


def decided(node: Any, condition: str, *, holds: bool) -> Any:
    """`node` with each Fn::If on the condition replaced by what it gives."""
    if isinstance(node, list):
        return [decided(part, condition, holds=holds) for part in node]
    if not isinstance(node, dict):
        return node
    if node.get("Fn::If", [None])[0] == condition:
        return decided(node["Fn::If"][1 if holds else 2], condition, holds=holds)
    return {key: decided(part, condition, holds=holds) for key, part in node.items()}


@pytest.mark.parametrize(("jwt", "sam"), [(False, SAM_IAM), (True, SAM_JWT)], ids=["iam", "jwt"])
def test_a_route_matches_what_sam_generates(tmp_path: Any, jwt: bool, sam: str) -> None:
    """SAM cannot choose by a condition, so the template says it in full; SAM's own words are the measure."""
    (tmp_path / "template.yaml").write_text(sam)
    expected = body(tmp_path / "template.yaml")
    ours = decided(body(ROOT / "template.yaml"), "UsesJwt", holds=jwt)
    assert ours["components"]["securitySchemes"] == expected["components"]["securitySchemes"]
    assert ours["paths"]["/runs"]["get"] == expected["paths"]["/runs"]["get"]


def test_every_route_leads_to_the_function() -> None:
    paths = body(ROOT / "template.yaml")["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    uris = {str(o["x-amazon-apigateway-integration"]["uri"]) for o in operations}
    assert len(operations) == len(TEMPLATE["Resources"]["Api"]["Properties"]["Events"])
    assert len(uris) == 1


@pytest.mark.parametrize(
    ("issuer", "audience", "allowed"),
    [("", "", True), ("https://i.example", "a,b", True), ("https://i.example", "", False), ("", "a", False)],
)
def test_an_issuer_requires_an_audience(issuer: str, audience: str, allowed: bool) -> None:
    (assertion,) = TEMPLATE["Rules"]["JwtIsWhole"]["Assertions"]
    assert evaluated(assertion["Assert"], {"JwtIssuer": issuer, "JwtAudience": audience}) is allowed


def evaluated(node: Any, parameters: dict[str, str]) -> Any:
    """A rule's functions, as CloudFormation works them out."""
    if not isinstance(node, dict):
        return node
    ((name, argument),) = node.items()
    if name == "Ref":
        return parameters[argument]
    parts = [evaluated(part, parameters) for part in argument]
    match name:
        case "Fn::Equals":
            return parts[0] == parts[1]
        case "Fn::Not":
            return not parts[0]
        case "Fn::And":
            return all(parts)
        case "Fn::Or":
            return any(parts)
    raise AssertionError(name)
