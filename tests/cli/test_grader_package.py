"""A grader's file as a Lambda function."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from rft_cli.errors import CommandError
from rft_cli.graders.deployed_grader import parse_graders, with_invoke_rights
from rft_cli.graders.grader_arns import function_arn
from rft_cli.graders.grader_package import GraderPackage, package_grader


def grader(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text(text)
    return path


def names(package: GraderPackage) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(package.archive)).namelist())


@pytest.mark.parametrize("name", ["handler", "lambda_handler"])
def test_a_handler_is_deployed_unchanged_with_its_sibling_modules(tmp_path: Path, name: str) -> None:
    (tmp_path / "beside.py").write_text("x = 1\n")
    package = package_grader(grader(tmp_path, f"import beside\ndef {name}(event, context):\n    return []\n"))
    assert (package.handler, package.needs_layers) == (f"mine.{name}", False)
    assert names(package) == {"mine.py", "beside.py"}


def test_a_grade_gets_a_handler_and_the_projects_package(tmp_path: Path) -> None:
    package = package_grader(grader(tmp_path, "def grade(sample):\n    return 1.0\n"))
    assert (package.handler, package.needs_layers) == ("rft_entry.handler", True)
    assert names(package) == {"mine.py", "rft_entry.py"}


def test_requirements_are_installed_next_to_the_handler(tmp_path: Path) -> None:
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as files:
        files.writestr("tiny.py", "y = 2\n")
        files.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        files.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        files.writestr("tiny-1.0.dist-info/RECORD", "")
    (tmp_path / "requirements.txt").write_text(f"{wheel}\n")
    package = package_grader(grader(tmp_path, "import tiny\ndef handler(event, context):\n    return []\n"))
    assert {"mine.py", "tiny.py"} <= names(package)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("x = 1\n", "neither handler"), ("def handler(:\n", "is not Python")],
)
def test_a_file_that_is_no_grader_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        package_grader(grader(tmp_path, text))
    with pytest.raises(CommandError, match="no Python file"):
        package_grader(tmp_path / "missing.py")


def test_requirements_that_cannot_be_installed_are_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("./nowhere-1.0.whl\n")
    with pytest.raises(CommandError, match=r"requirements\.txt cannot be installed"):
        package_grader(grader(tmp_path, "def handler(event, context): ...\n"))


def test_names_and_rights_of_deployed_files() -> None:
    files = parse_graders(["a=x.py", "b=y/z.py"])
    assert files == {"a": Path("x.py"), "b": Path("y/z.py")}
    arns = f"{function_arn('a')},{function_arn('b')}"
    assert with_invoke_rights({"X": "1"}, files) == {"X": "1", "ForeignGraderArns": arns}
    assert with_invoke_rights({}, {}) == {}
    for text in ("x.py", "a b=x.py", "a=x.txt"):
        with pytest.raises(CommandError, match="use NAME=FILE"):
            parse_graders([text])
