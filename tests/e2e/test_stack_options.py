"""Options of the stack deploy together: each pair of them, and all of them, with which a run ends as COMPLETED."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from emulator.iam.rights import needed
from rft.contracts.grading import AUDIT
from tests.e2e.stages import SMALL
from tests.kit.deploy_docs import documented_key_policy
from tests.kit.mlflow_server import MemoryMlflow, served
from tests.kit.project import read_event
from tests.kit.stack_harness import ROOT, StackHarness
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

KEY = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-1111-2222-3333-444455556666"
OPTIONS: dict[str, dict[str, str]] = {
    "boundary": {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "path": {"RolePath": "/ml/rft/"},
    "retention": {"RunsRetentionDays": "30", "RolloutsRetentionDays": "7"},
    "vpc": {"VpcSubnetIds": "subnet-0a1b2c3d,subnet-1a1b2c3d", "VpcSecurityGroupIds": "sg-0a1b2c3d"},
    "key": {"DataKmsKeyArn": KEY},
    "prefix": {"ResourcePrefix": "sagemaker-"},
    "mlflow": {"MlflowTrackingUri": "http://127.0.0.1:9"},
    "model-key": {"ModelKmsKeyArn": KEY},
    "cache": {"JudgeCacheDays": "30"},
    "judges": {
        "JudgeModelId": "us.amazon.nova-micro-v1:0",
        "SecondJudgeModelId": "us.amazon.nova-lite-v1:0",
        "ThirdJudgeModelId": "us.amazon.nova-premier-v1:0",
        "AuditJudgeModelId": "us.anthropic.claude-sonnet-4-20250514-v1:0",
    },
    "webhooks": {
        "WebhookHosts": "hooks.example.org",
        "WebhookSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:webhooks-0a1b2c",
    },
    "no-dashboard": {"CreateDashboard": "false"},
    "email": {"NotificationEmail": "ml@example.org"},
    "jwt": {"JwtIssuer": "https://issuer.example.org", "JwtAudience": "rft"},
}
"""Parameters of each option where it is on; their defaults are off."""

ROWS = (ROOT / "examples" / "gsm8k" / "questions.jsonl").read_bytes()


def covering(options: list[str], rows: int = 7) -> Iterator[list[str]]:
    """The least choices in which each two options are off and off, off and on, on and off, and on and on.

    None on, then `rows - 1` choices: an option is on in more than half, no two in the same (Kleitman and Spencer,
    "Families of k-independent sets", 1973). Seven choices do for 15 options.
    """
    chosen = list(itertools.combinations(range(rows - 1), (rows + 1) // 2))
    assert len(options) <= len(chosen), "take more rows"
    on = dict(zip(options, chosen, strict=False))
    yield []
    for row in range(rows - 1):
        yield [name for name in options if row in on[name]]


def parameters(names: list[str]) -> dict[str, str]:
    return {key: value for name in names for key, value in OPTIONS[name].items()}


CHOICES = [row for row in covering(list(OPTIONS)) if row]
ALL = [name for name in OPTIONS if name != "jwt"]
"""All with which requests are signed: that tokens are checked is for tests/e2e/test_api.py."""


@pytest.fixture(scope="module")
def mlflow() -> Iterator[MemoryMlflow]:
    """A server at the address that the stack's functions have, from before its deployment."""
    server = MemoryMlflow()
    with served(server) as OPTIONS["mlflow"]["MlflowTrackingUri"]:
        yield server


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, mlflow: MemoryMlflow) -> Iterator[StackHarness]:
    options = EmulatorOptions(
        speed=600,
        training_seconds=0.5,
        max_steps=2,
        parameters=parameters(request.param),
        key_policies={KEY: documented_key_policy()},
    )
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


@pytest.mark.parametrize("bench", CHOICES, indirect=True, ids="-".join)
def test_options_deploy_in_pairs(bench: StackHarness) -> None:
    roles = [role for role in bench.aws.client("iam").list_roles()["Roles"] if "RunChanged" not in role["RoleName"]]
    assert {role["Path"] for role in roles} == {bench.aws.options.parameters.get("RolePath", "/")}
    prefix = bench.aws.options.parameters.get("ResourcePrefix", "rft-")
    assert {arn.split(":")[6].startswith(prefix) for arn in bench.aws.graders.values()} == {True}
    assert bench.aws.bucket.startswith(prefix)


@pytest.mark.parametrize("bench", [ALL], indirect=True, ids=["all"])
def test_a_run_completes_with_all_options_on(mlflow: MemoryMlflow, bench: StackHarness) -> None:
    ended = bench.run("options", ROWS, dataset={"task": "gsm8k"}, notify={"on": ["COMPLETED"]}, **SMALL)
    assert ended.status == "COMPLETED"
    job = bench.aws.client("bedrock").get_model_customization_job(jobIdentifier=ended.view["run_id"])
    assert job["vpcConfig"]["subnetIds"] == OPTIONS["vpc"]["VpcSubnetIds"].split(",")
    bench.aws.invoke("PublishEvents", b'{"detail-type": "Scheduled Event"}')
    eventually(lambda: mlflow.runs or None, "the run at MLflow", seconds=60)
    (tracked,) = mlflow.runs.values()
    eventually(lambda: tracked["info"]["status"] == "FINISHED" or None, "the run's end at MLflow")
    assert tracked["tags"]["rft.run_id"] == ended.view["run_id"]
    via = {request.context.single("kms:ViaService") for request, _ in bench.aws.authorizer.calls.values()}
    assert {f"{service}.us-east-1.amazonaws.com" for service in ("s3", "dynamodb", "sns")} <= via
    assert sorted(path.rpartition("/")[2] for path in mlflow.artifacts) == ["report.html", "report.json"]


@pytest.mark.parametrize("bench", [ALL], indirect=True, ids=["all"])
def test_a_repeated_event_writes_the_same_mlflow_run(mlflow: MemoryMlflow, bench: StackHarness) -> None:
    run_id = next(iter(mlflow.runs.values()))["tags"]["rft.run_id"]
    for name in ("report.html", "report.json"):
        bench.aws.client("s3").delete_object(Bucket=bench.aws.bucket, Key=f"runs/{run_id}/{name}")
    reply = bench.aws.invoke("TrackRun", json.dumps(read_event("track_run") | {"run_id": run_id}).encode())
    assert json.loads(reply) == {"mlflow_run_id": next(iter(mlflow.runs)), "skipped": ""}
    assert len(mlflow.runs) == 1


@pytest.mark.parametrize("bench", [ALL], indirect=True, ids=["all"])
def test_an_end_that_mlflow_refuses_goes_to_the_dead_letter_queue(mlflow: MemoryMlflow, bench: StackHarness) -> None:
    mlflow.fault = 503
    ended = bench.run("failing", b"no dataset")
    bench.aws.invoke("PublishEvents", b'{"detail-type": "Scheduled Event"}')
    sqs, url = bench.aws.client("sqs"), bench.aws.stack.outputs["DeadLettersUrl"]

    def dead_letters() -> list[str]:
        bodies = [json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=url).get("Messages", [])]
        return [body["status"] for body in bodies if body.get("run_id") == ended.view["run_id"]]

    assert eventually(dead_letters, "a dead letter") == [ended.status] == ["FAILED"]
    mlflow.fault = None


@pytest.mark.parametrize("bench", [ALL], indirect=True, ids=["all"])
@pytest.mark.parametrize("grader", ["GradePandalm", "GradeRubric"])
def test_a_grader_calls_each_judge_of_its_panel_and_keeps_their_replies(
    mlflow: MemoryMlflow, bench: StackHarness, grader: str
) -> None:
    samples = read_event(f"grade_{grader.removeprefix('Grade').lower()}")
    audited = [{**sample, AUDIT: OPTIONS["judges"]["AuditJudgeModelId"]} for sample in samples]
    for batch in (samples, audited):
        results = json.loads(bench.aws.invoke(grader, json.dumps(batch).encode()))
        assert len(results) == len(batch)
    statements = {r.statement for r in needed(bench.aws.authorizer) if r.statement.startswith(f"{grader}Role/")}
    judging = [f"{grader}Role/{grader}RolePolicy0[{at}]" for at in range(6)]
    assert set(judging) <= statements


@pytest.mark.parametrize("bench", [ALL], indirect=True, ids=["all"])
def test_every_pair_of_options_is_deployed_in_all_combinations(bench: StackHarness) -> None:
    rows = [[], *CHOICES]
    for one, other in itertools.combinations(OPTIONS, 2):
        assert {(one in row, other in row) for row in rows} == set(itertools.product([False, True], repeat=2))
