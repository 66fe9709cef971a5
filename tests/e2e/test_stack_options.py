"""The stack with a foreign boundary, a path of roles and a retention of runs deploys and completes a run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from emulator import Emulator, EmulatorOptions
from tests.e2e.stages import SMALL
from tests.kit.stack_harness import ROOT, StackHarness

pytestmark = [pytest.mark.emulator, pytest.mark.slow]

OPTIONS = {
    "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    "RolePath": "/ml/rft/",
    "RunsRetentionDays": "30",
}
ROWS = (ROOT / "examples" / "gsm8k" / "questions.jsonl").read_bytes()


def combinations() -> list[dict[str, str]]:
    """All on, and each pair of them without the third."""
    pairs = itertools.combinations(OPTIONS, 2)
    return [OPTIONS, *({name: OPTIONS[name] for name in pair} for pair in pairs)]


@pytest.fixture(scope="module", params=combinations(), ids="-".join)
def bench(request: pytest.FixtureRequest) -> Iterator[StackHarness]:
    options = EmulatorOptions(speed=600, training_seconds=0.5, max_steps=2, parameters=request.param)
    with Emulator.start(options) as aws:
        yield StackHarness(aws)


def test_options_of_roles_and_retention_deploy_together(bench: StackHarness) -> None:
    ended = bench.run("options", ROWS, dataset={"task": "gsm8k"}, **SMALL)
    assert ended.status == "COMPLETED"
    roles = bench.aws.client("iam").list_roles()["Roles"]
    paths = {role["Path"] for role in roles if "RunChanged" not in role["RoleName"]}
    assert paths == {bench.aws.options.parameters.get("RolePath", "/")}
