"""Clients that others' generators make of the API's description start runs on the emulated AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.signing import send
from tests.kit.browser import NODE, ORACLES
from tests.kit.project import ROOT
from tests.kit.stack_harness import SAMPLE, StackHarness

PYTHON_GENERATOR = "openapi-python-client==0.29.1"
"""Needs an older typer than the command: it gets an environment of its own."""
needs_node = pytest.mark.skipif(
    NODE is None or not (ORACLES / "node_modules" / "@redocly").is_dir(),
    reason="needs node, and the packages that `make oracles` installs",
)
pytestmark = [pytest.mark.emulator, pytest.mark.slow]


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tool(name: str) -> str:
    return str(ORACLES / "node_modules" / ".bin" / name)


@pytest.fixture
def document(bench: StackHarness, tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_bytes(send(bench, "GET", "/openapi.json").content)
    return path


@pytest.fixture
def connection(bench: StackHarness) -> dict[str, str]:
    keys = bench.aws.credentials
    return {
        "RFT_API_URL": bench.aws.api_url,
        "AWS_REGION": bench.aws.region,
        "AWS_ACCESS_KEY_ID": str(keys.access_key),
        "AWS_SECRET_ACCESS_KEY": str(keys.secret_key),
        "DATASET": bench.put("datasets/generated.json", SAMPLE.read_bytes()),
    }


@needs_node
def test_redocly_finds_no_fault_in_the_description(document: Path) -> None:
    found = run(
        tool("redocly"), "lint", str(document), "--extends", "recommended-strict", "--format", "json", cwd=ORACLES
    )
    assert json.loads(found[found.index("{") :])["problems"] == []


@needs_node
def test_a_generated_typescript_client_starts_a_run(
    bench: StackHarness, document: Path, connection: dict[str, str], tmp_path: Path
) -> None:
    generated, program, bundle = tmp_path / "generated", tmp_path / "start_run.mts", tmp_path / "start_run.mjs"
    run(tool("openapi-ts"), "-i", str(document), "-o", str(generated), "-c", "@hey-api/client-fetch", cwd=ORACLES)
    program.write_text((ORACLES / "start_run.mts").read_text().replace("GENERATED", str(generated)))
    modules = {"NODE_PATH": str(ORACLES / "node_modules")}
    run(tool("tsc"), "--noEmit", "--skipLibCheck", "--module", "preserve", "--target", "es2022", "--strict",
        "--moduleResolution", "bundler", str(generated / "index.ts"), cwd=ORACLES)  # fmt: skip
    run(tool("esbuild"), str(program), "--bundle", "--platform=node", "--format=esm", f"--outfile={bundle}",
        cwd=ORACLES, **modules)  # fmt: skip
    run_id = run(str(NODE), str(bundle), cwd=tmp_path, **connection).strip()
    assert bench.wait(run_id).status == "COMPLETED"


def test_a_generated_python_client_starts_a_run(
    bench: StackHarness, document: Path, connection: dict[str, str], tmp_path: Path
) -> None:
    """Downloads the generator."""
    uv, venv = (sys.executable, "-m", "uv"), tmp_path / "venv"
    run(*uv, "venv", "--quiet", str(venv), cwd=tmp_path)
    installed = subprocess.run(  # noqa: S603
        [*uv, "pip", "install", "--quiet", "--python", str(venv), PYTHON_GENERATOR, "botocore"], check=False
    )
    if installed.returncode:
        pytest.skip(f"{PYTHON_GENERATOR} cannot be installed")
    run(str(venv / "bin" / "openapi-python-client"), "generate", "--path", str(document), "--output-path",
        str(tmp_path / "generated"), "--meta", "none", cwd=tmp_path)  # fmt: skip
    program = ROOT / "tests" / "fixtures" / "generated_client" / "start_run.py"
    run_id = run(
        str(venv / "bin" / "python"), str(program), cwd=tmp_path, PYTHONPATH=str(tmp_path), **connection
    ).strip()
    assert bench.wait(run_id).status == "COMPLETED"
