"""The wheel: everything that `rft demo` needs in an empty folder is inside, or declared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement

from tests.kit.project import FUNCTIONS, ROOT
from tests.kit.source_files import imports_at_run_time, python_files

FOLDERS = {
    "rft_cli": "cli",
    "rft_client": "cli",
    "rft_console": "cli",
    "rft_project": "cli",
    "emulator": "",
    "rft": "layers/rft",
}
"""Package of the wheel → the folder of the checkout that holds it."""
DISTRIBUTIONS = {
    "aws_lambda_powertools": "aws-lambda-powertools", "yaml": "pyyaml", "samtranslator": "aws-sam-translator",
    "jsonata": "jsonata-python",
}  # fmt: skip
BROUGHT_ALONG = {
    "botocore": "boto3",
    "urllib3": "boto3",
    "pydantic_core": "pydantic",
    "markupsafe": "jinja2",
    "referencing": "jsonschema",
}
"""Module → the declared package whose own dependency it is."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return Path(path)


@pytest.fixture(scope="module")
def requirements(wheel: Path) -> dict[str, list[Requirement]]:
    """Extra ('' for none) → what it requires."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        lines = message_from_bytes(archive.read(name)).get_all("Requires-Dist") or []
    found: dict[str, list[Requirement]] = {}
    for line in lines:
        requirement = Requirement(line)
        extra = re.search(r"extra == ['\"](\w+)['\"]", str(requirement.marker or ""))
        found.setdefault(extra[1] if extra else "", []).append(requirement)
    return found


def declared(requirements: dict[str, list[Requirement]], *extras: str) -> set[str]:
    return {each.name for extra in extras for each in requirements.get(extra, ())}


def imported(package: str) -> Iterator[str]:
    for path in python_files(ROOT / FOLDERS[package] / package):
        for name in imports_at_run_time(path):
            module = name.split(".")[0]
            if module not in sys.stdlib_module_names and module not in FOLDERS:
                yield DISTRIBUTIONS.get(module) or BROUGHT_ALONG.get(module) or module


def test_the_wheel_contains_everything_the_emulator_deploys(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {"template.yaml", "statemachine/train_model.asl.json", "examples/pandalm/comparisons.json"}
    expected |= {f"{function['CodeUri']}app.py" for function in FUNCTIONS.values()}
    assert {f"rft_project/{name}" for name in expected} <= names
    assert [name for name in names if "__pycache__" in name or name.startswith("tests")] == []
    code = {
        name.removeprefix("rft_project/layers/rft/") for name in names if name.startswith("rft_project/layers/rft/")
    }
    assert {name for name in names if name.startswith("rft/")} == {name for name in code if name.startswith("rft/")}
    assert wheel.stat().st_size < 4 * 2**20


def test_the_imports_of_each_part_are_declared(requirements: dict[str, list[Requirement]]) -> None:
    optional = {"pandas", "pyarrow", "pytest", "flask"}  # each loaded by the one command that needs it
    base = declared(requirements, "")
    for package in ("rft", "rft_client", "rft_cli"):
        assert set(imported(package)) - optional <= base, package
    assert set(imported("rft_console")) <= declared(requirements, "", "console")
    assert set(imported("emulator")) <= declared(requirements, "", "local")


def test_the_tested_versions_satisfy_the_declared_ranges(requirements: dict[str, list[Requirement]]) -> None:
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE))
    declared_ones = [each for found in requirements.values() for each in found]
    assert [str(each) for each in declared_ones if pins[each.name] not in each.specifier] == []


@pytest.mark.slow
@pytest.mark.enable_socket
def test_an_installed_wheel_runs_the_demo_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """Downloads what it depends on, in the tested versions."""
    venv, folder = tmp_path / "venv", tmp_path / "empty"
    folder.mkdir()
    rft = str(venv / "bin" / "rft")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(tmp_path), "PATH": os.defpath}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603

    def install(what: str) -> None:
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(venv)]
        subprocess.run([*uv, "--constraint", str(ROOT / "requirements" / "dev.txt"), what], check=True)  # noqa: S603

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)  # noqa: S603
    install(str(wheel))
    assert run(rft, "--version").returncode == 0
    for command, extra in (("demo", "local"), ("console", "console")):
        refused = run(rft, command)
        assert (refused.returncode, f"needs the extra {extra}:" in refused.stderr) == (1, True)
    install(f"{wheel}[local]")
    done = run(rft, "demo", "--task", "gsm8k")
    assert done.returncode == 0, done.stderr
    assert "(simulated)" in done.stdout
