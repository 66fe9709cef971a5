"""template.yaml: the policies of its functions, its state machine and Bedrock's role."""

from __future__ import annotations

import re

import pytest

from tests.kit.project import FUNCTIONS, RESOURCES, ROOT, STEPS
from tests.kit.template_statements import attribute, statements

TEXT = (ROOT / "template.yaml").read_text()


def test_a_wildcard_resource_has_a_comment() -> None:
    wide = [line for line in TEXT.splitlines() if re.search(r"""['"]\*['"]|arn:[^#]*:\*:""", line)]
    assert wide
    assert [line for line in wide if " # " not in line] == []


@pytest.mark.parametrize("name", RESOURCES)
def test_no_permission_names_all_actions_or_principals(name: str) -> None:
    for statement in statements(RESOURCES[name]):
        if statement["Effect"] == "Allow":
            assert "*" not in str(statement.get("Action", ""))
            assert "*" not in str(statement.get("Principal", ""))


def test_the_state_machine_may_call_its_steps_only() -> None:
    given = statements(RESOURCES["TrainModel"])
    (invoke,) = [s for s in given if s["Action"] == "lambda:InvokeFunction"]
    assert sorted(attribute(r) for r in invoke["Resource"]) == sorted(f"{step}.Arn" for step in STEPS)


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


TAGGED_PUT = ["s3:PutObject", "s3:PutObjectTagging"]
RUN_CONFIG = "${DataBucket.Arn}/runs/*/grader.json"
INTERPRETER_ACTIONS = [
    f"bedrock-agentcore:{name}"
    for name in ("StartCodeInterpreterSession", "InvokeCodeInterpreter", "StopCodeInterpreterSession")
]


def test_a_grader_has_only_the_permissions_for_grading() -> None:
    bucket = {"Fn::Sub": "${DataBucket.Arn}/runs/*/rollouts/*"}
    for name in (name for name in FUNCTIONS if name.startswith("Grade")):
        given = statements(RESOURCES[name]["Properties"]["Policies"])
        judging = [s for s in given if s["Action"] == "bedrock:InvokeModel"]
        caching = [s for s in given if s["Resource"] == {"Fn::GetAtt": ["JudgeCache", "Arn"]}]
        assert [s["Resource"] for s in given if s["Action"] == TAGGED_PUT] == [bucket]
        config = [s for s in given if s["Action"] == "s3:GetObject"]
        running = [s for s in given if s["Resource"] == {"Ref": "CodeInterpreterArn"}]
        listing = [s for s in given if s["Action"] == "s3:ListBucket"]
        assert len(given) == 1 + sum(map(len, (judging, caching, config, listing, running)))
        assert [s["Action"] for s in running] == (name == "GradeCode") * [INTERPRETER_ACTIONS]
        assert bool(judging) == bool(caching) == (name in {"GradePandalm", "GradeRubric"})
        assert [s["Resource"] for s in config] == bool(judging) * [{"Fn::Sub": RUN_CONFIG}]
        assert len(listing) == len(config), "a run without a config answers 404, not 403"


def test_check_training_reads_only_rollouts_of_the_bucket() -> None:
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
    assert sorted(attribute(r) for r in publish["Resource"]) == [f"{grader}.Arn" for grader in graders]


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
