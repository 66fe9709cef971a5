"""What is deployed, built for this machine: it imports and runs with nothing but itself, and it is small."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.project import ROOT

HANDLERS = sorted((ROOT / "functions").glob("*/app.py"))
MAX_ZIPPED = 30 * 1024**2
"""The project's own limit for a function and its layers; Lambda's is 50 MB for a direct upload."""
MAX_UNZIPPED = 250 * 1024**2
"""Lambda's quota for a function and all its layers, unzipped."""

VENV_UV = Path(sys.executable).with_name("uv")

DEPLOYED = os.environ.get("RFT_PYTHON313") or shutil.which("python3.13") or "python3.13"
"""An interpreter of the runtime that is deployed, if one is at hand."""


def is_deployed_runtime(interpreter: str) -> bool:
    """A version manager's shim may stand for no interpreter at all."""
    try:
        version = subprocess.run([interpreter, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return False
    return version.stdout.startswith("Python 3.13.")


@pytest.fixture(scope="session")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both layers, laid over each other as Lambda does under /opt."""
    return build_layers(tmp_path_factory.mktemp("opt"), sys.executable)


def build_layers(target: Path, interpreter: str) -> Path:
    for folder, layer in (("dependencies", "DependenciesLayer"), ("rft", "RftLayer")):
        command = ["make", "-C", str(ROOT / "layers" / folder), f"build-{layer}", f"ARTIFACTS_DIR={target}"]
        command += [f"UV={VENV_UV if VENV_UV.exists() else 'uv'}", f"TARGET=--python {interpreter}"]
        built = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own Makefile
        assert built.returncode == 0, built.stderr
    return target


def run(opt: Path, folder: Path, code: str, interpreter: str = sys.executable) -> str:
    """Run code as Lambda would: the function's folder and the layers on the path, no other packages, no network."""
    start = (
        "import socket, sys\n"
        f"sys.path[:0] = [{str(folder)!r}, {str(opt / 'python')!r}]\n"
        "def refused(*_): raise OSError('no network here')\n"
        "socket.socket.connect = socket.getaddrinfo = refused\n"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [interpreter, "-I", "-S", "-B", "-W", "error", "-c", start + code],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "TIKTOKEN_CACHE_DIR": str(opt / "tiktoken_cache"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_imports_from_the_layers_alone(opt: Path, tmp_path: Path, handler: Path) -> None:
    """Without any of its environment: nothing is read at import."""
    shutil.copy(handler, tmp_path)
    printed = run(opt, tmp_path, "import app, rft; assert callable(app.handler); print(app.__file__, rft.__file__)")
    assert printed.split() == [str(tmp_path / "app.py"), str(opt / "python" / "rft" / "__init__.py")]


@pytest.mark.skipif(not is_deployed_runtime(DEPLOYED), reason="no Python 3.13; RFT_PYTHON313=PATH names one")
def test_all_handlers_import_on_the_deployed_runtime(tmp_path: Path) -> None:
    code = f"""
import importlib.util
for path in {[str(path) for path in HANDLERS]}:
    spec = importlib.util.spec_from_file_location("app", path)
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    assert callable(app.handler), path
import pkgutil, rft
names = [m.name for m in pkgutil.walk_packages(rft.__path__, "rft.")]
for name in names: importlib.import_module(name)
print(sys.version_info[:2], len(names) > 20)
"""
    assert run(build_layers(tmp_path, DEPLOYED), tmp_path, code, DEPLOYED).strip() == "(3, 13) True"


def test_every_module_of_rft_imports(opt: Path, tmp_path: Path) -> None:
    """Adapters are imported when first used only, so a handler's import does not reach them."""
    code = """
import importlib, pkgutil, rft
names = [m.name for m in pkgutil.walk_packages(rft.__path__, "rft.")]
for name in names: importlib.import_module(name)
print(len(names))
"""
    assert int(run(opt, tmp_path, code)) > 20


def test_botocore_keeps_every_service_that_is_called(opt: Path, tmp_path: Path) -> None:
    modules = (ROOT / "layers" / "rft" / "rft" / "wiring").glob("*.py")
    nodes = [node for path in modules for node in ast.walk(ast.parse(path.read_text()))]
    calls = [
        n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "cached_client"
    ]
    services = sorted({str(arg.value) for call in calls for arg in call.args if isinstance(arg, ast.Constant)})
    assert "bedrock" in services
    code = f"""
import boto3
for name in {services}:
    client = boto3.client(name)
    client.get_paginator, client.exceptions, client.meta.service_model.operation_names
    print(name)
"""
    assert run(opt, tmp_path, code).split() == services


def test_tokens_are_counted_with_the_shipped_vocabulary(opt: Path, tmp_path: Path) -> None:
    code = "from rft import wiring; print(wiring.tokenizer().count(['hello world', '']))"
    assert run(opt, tmp_path, code).strip() == "[2, 0]"


def test_a_missing_variable_is_named(opt: Path, tmp_path: Path) -> None:
    code = """
from rft import wiring
try:
    wiring.ledger()
except ValueError as error:
    print(error)
"""
    assert "LEDGER_TABLE" in run(opt, tmp_path, code)


def test_the_layers_are_small(opt: Path, tmp_path: Path) -> None:
    zipped = Path(shutil.make_archive(str(tmp_path / "opt"), "zip", opt)).stat().st_size
    unzipped = sum(p.stat().st_size for p in opt.rglob("*") if p.is_file())
    largest = max((p.stat().st_size for p in HANDLERS), default=0)
    assert zipped + largest <= MAX_ZIPPED
    assert unzipped <= MAX_UNZIPPED


def test_the_layers_hold_no_leftovers(opt: Path) -> None:
    shipped = {p.relative_to(opt).parts[1] for p in opt.glob("python/*")}
    assert {"rft", "boto3", "pydantic", "tiktoken", "aws_lambda_powertools"} <= shipped
    assert not {"bin", "tests", ".lock"} & shipped
    assert not re.findall(r"moto|pytest|samtranslator", " ".join(shipped))
    assert list(opt.rglob("__pycache__")) == []
