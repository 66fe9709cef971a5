"""What holds the parts together: imports point one way, a step has one name, nothing of one machine is committed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.project import FUNCTIONS, RESOURCES, ROOT, STEPS, TASKS, snake

RFT = ROOT / "layers" / "rft" / "rft"
_INNER = {"errors", "contracts", "text"}
_RULES = {"tasks", "datasets", "rewards"}
_ENGINES = {"grading", "smoke_test", "training", "forecast", "runs", "evaluation"}
_BELOW_STEPS = _INNER | {"ports", "observability"} | _RULES | _ENGINES

MAY_IMPORT: dict[str, set[str]] = {
    "text": set(),
    "errors": {"text"},
    "settings": set(),
    "observability": {"text"},
    "contracts": {"errors", "text"},
    "ports": _INNER,
    "rewards": _INNER,
    "tasks": _INNER | {"rewards"},
    "datasets": _INNER | {"ports", "observability", "tasks"},
    "grading": _INNER | {"ports", "observability", "rewards"},
    "training": _INNER | {"ports", "observability"},
    "runs": _INNER | {"ports", "training"},
    "smoke_test": _INNER | {"ports", "rewards", "tasks", "grading"},
    "forecast": _INNER | {"grading"},
    "evaluation": _INNER | {"ports", "rewards", "tasks", "grading", "smoke_test"},
    "steps": _BELOW_STEPS | {"settings"},
    "adapters": _BELOW_STEPS | {"settings"},
    "wiring": {"ports", "settings", "grading", "adapters"},
    "http": _INNER | {"observability"},
}
"""Package or module of `rft` → those it may import besides itself. A part that is not listed here has no place yet."""

FUNCTIONS_MAY_IMPORT = set(MAY_IMPORT) - _RULES - _ENGINES - {"adapters"}
OUTSIDE = {"boto3", "botocore", "tiktoken"}
NEVER_IN_LAMBDA = {"functions", "emulator", "cli", "rft_cli", "tests", "benchmarks"}


def python_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, wherever in it. `from rft import wiring` gives `rft.wiring`."""
    yield from _imports(ast.parse(path.read_text()), path)


def imports_at_run_time(path: Path) -> Iterator[str]:
    """As `imports`, without those for type checkers alone."""
    tree = ast.parse(path.read_text())
    typing_only = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    for node in typing_only:
        node.body = []
    yield from _imports(tree, path)


def _imports(tree: ast.AST, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = str(node.module)
            yield from (f"rft.{alias.name}" for alias in node.names) if module == "rft" else (module,)


def part_of(path: Path) -> str:
    return path.relative_to(RFT).parts[0].removesuffix(".py")


def wrong(files: list[Path], allowed: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imports(path)
        if name.split(".")[0] == "rft" and name.split(".")[1] not in allowed
    ]


# ---- imports ------------------------------------------------------------------------------------------------------


def test_every_part_of_rft_has_its_place() -> None:
    assert {part_of(p) for p in python_files(RFT)} - {"__init__"} <= set(MAY_IMPORT)


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_imports_point_one_way(part: str) -> None:
    files = [p for p in python_files(RFT) if part_of(p) == part]
    assert files
    assert wrong(files, MAY_IMPORT[part] | {part}) == []


def test_functions_reach_the_outside_through_wiring_alone() -> None:
    assert wrong(python_files(ROOT / "functions"), FUNCTIONS_MAY_IMPORT) == []


@pytest.mark.parametrize("library", sorted(OUTSIDE))
def test_only_adapters_know_what_is_outside(library: str) -> None:
    """`wiring` makes the clients that adapters are given."""
    users = {p for p in shipped_files() for name in imports(p) if name.split(".")[0] == library}
    assert [p for p in users if not p.is_relative_to(RFT / "adapters") and p != RFT / "wiring.py"] == []


def test_what_is_shipped_imports_nothing_that_is_not() -> None:
    names = [(p, name.split(".")[0]) for p in shipped_files() for name in imports(p)]
    assert [(str(p), name) for p, name in names if name in NEVER_IN_LAMBDA] == []


def test_the_emulator_has_no_adapter_or_step_of_the_product() -> None:
    """What judges requests must not be what makes them."""
    found = {name for path in python_files(ROOT / "emulator") for name in imports(path)}
    assert not {name for name in found if name.startswith(("rft.adapters", "rft.steps", "rft.wiring"))}


def test_only_emulator_moto_imports_moto() -> None:
    outside = [path for path in python_files(ROOT / "emulator") if path.parent.name != "moto"]
    assert not [path for path in outside if any(name.split(".")[0] == "moto" for name in imports(path))]


def test_third_party_imports_are_pinned_for_the_layer() -> None:
    pinned = {
        re.split(r"[=\[]", line)[0].replace("-", "_")
        for line in (ROOT / "layers" / "dependencies" / "requirements.txt").read_text().splitlines()
        if re.match(r"[a-z]", line)
    }
    used = {name.split(".")[0] for p in shipped_files() for name in imports_at_run_time(p)}
    assert used - set(sys.stdlib_module_names) - {"rft"} <= pinned


@pytest.mark.parametrize("folder", ["layers", "cli", "emulator", "tests", "benchmarks"])
def test_nothing_imports_functions(folder: str) -> None:
    users = [p for p in python_files(ROOT / folder) for name in imports(p) if name.split(".")[0] == "functions"]
    assert users == []


CLI_MAY_IMPORT: dict[str, set[str]] = {
    "text": set(),
    "errors": {"text"},
    "client": {"errors"},
    "views": {"errors"},
    "graders": {"errors", "client"},
    "exporters": {"errors"},
    "commands": {"errors", "client", "views", "graders", "exporters"},
    "app": {"errors", "client", "views", "commands"},
    "__main__": {"app"},
    "__init__": set(),
}
"""Package or module of `rft_cli` → those it may import besides itself."""


def test_each_part_of_the_cli_imports_only_what_is_below_it() -> None:
    folder = ROOT / "cli" / "rft_cli"
    parts = {p: p.relative_to(folder).parts[0].removesuffix(".py") for p in python_files(folder)}
    names = [(p, part, name.split(".")) for p, part in parts.items() for name in imports(p)]
    found = [
        f"{p.relative_to(folder)} imports {'.'.join(name)}"
        for p, part, name in names
        if name[0] == "rft_cli" and name[1] not in CLI_MAY_IMPORT[part] | {part}
    ]
    assert found == []


def test_no_test_module_is_imported_and_only_the_kit_is_shared() -> None:
    """By benchmarks, too; nothing imports a conftest."""
    wrongly = [
        f"{p.relative_to(ROOT)} imports {name}"
        for folder in ("tests", "benchmarks")
        for p in python_files(ROOT / folder)
        for name in imports(p)
        if re.fullmatch(r"tests\..*\b(test_\w+|conftest)", name)
        or (folder == "tests" and name.split(".")[0] == "benchmarks")
        or (folder == "benchmarks" and name.startswith("tests.") and not name.startswith("tests.kit."))
        or (p.is_relative_to(ROOT / "tests" / "kit") and re.match(r"tests\.(?!kit\.)|benchmarks", name))
    ]
    assert wrongly == []


IMPORT_ROOTS = {"rft": ROOT / "layers" / "rft", "rft_cli": ROOT / "cli"} | dict.fromkeys(
    ("emulator", "tests", "benchmarks"), ROOT
)


def test_every_import_of_the_projects_own_modules_finds_one() -> None:
    """Without running them: a module that moved is noticed here first."""
    folders = ("layers/rft", "functions", "cli", "emulator", "tests", "benchmarks")
    missing = [
        f"{p.relative_to(ROOT)} imports {name}"
        for folder in folders
        for p in python_files(ROOT / folder)
        for name in imports(p)
        if (root := IMPORT_ROOTS.get(name.split(".")[0]))
        and not (root / f"{name.replace('.', '/')}.py").is_file()
        and not (root / name.replace(".", "/")).is_dir()
    ]
    assert missing == []


def shipped_files() -> list[Path]:
    return [*python_files(RFT), *python_files(ROOT / "functions")]


# ---- names --------------------------------------------------------------------------------------------------------


def test_functions_folders_and_logical_ids_are_the_same() -> None:
    folders = {p.name for p in (ROOT / "functions").iterdir() if (p / "app.py").is_file()}
    assert folders == {snake(name) for name in FUNCTIONS}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_one_name_everywhere(step: str) -> None:
    name = snake(step)
    assert RESOURCES[step]["Properties"]["CodeUri"] == f"functions/{name}/"
    assert TASKS[step]["Arguments"]["FunctionName"] == f"${{{step}Arn}}"
    (module,) = (RFT / "steps").rglob(f"{name}.py")
    use_case = ast.parse(module.read_text())
    assert name in {node.name for node in use_case.body if isinstance(node, ast.FunctionDef)}
    dotted = ".".join(module.relative_to(RFT.parent).with_suffix("").parts)
    assert dotted in set(imports(ROOT / "functions" / name / "app.py"))
    assert list((ROOT / "tests" / "unit" / "steps").rglob(f"test_{name}.py"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_a_handler_an_event_and_a_test(function: str) -> None:
    name = snake(function)
    body = ast.parse((ROOT / "functions" / name / "app.py").read_text()).body
    assert "handler" in {node.name for node in body if isinstance(node, ast.FunctionDef)}
    assert (ROOT / "events" / f"{name}.json").is_file()
    tests = ROOT / "tests" / "functions"
    assert (tests / f"test_{name}.py").is_file() or f'"{name}": ' in (tests / "test_rule_graders.py").read_text()


def test_no_module_is_named_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    names = {p for folder in ("layers/rft", "functions", "cli", "emulator") for p in python_files(ROOT / folder)}
    assert [str(p) for p in names if vague & {p.stem, *p.parent.relative_to(ROOT).parts}] == []


MAX_MODULES = 25
CODE = ("layers/rft", "functions", "cli", "emulator")


def code_files() -> list[Path]:
    return [path for folder in CODE for path in python_files(ROOT / folder)]


def test_no_folder_holds_more_modules_than_a_reader_can_survey() -> None:
    modules = Counter(p.parent.relative_to(ROOT) for p in code_files() if p.name != "__init__.py")
    assert {str(folder): n for folder, n in modules.items() if n > MAX_MODULES} == {}


# ---- what is committed --------------------------------------------------------------------------------------------

ONE_MACHINES = {
    "a package host": r"\bpypi\b|pythonhost[e]d|(?<!-no-emit)-(extra-)?index-url|(?<!-no-emit)-find-links",
    "a path of one machine": r"(?<![\w.}])/(home|Users|root|wor[k]|mnt)/\w",
}


@pytest.mark.parametrize("what", ONE_MACHINES)
def test_nothing_committed_names(what: str) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name and "tiktoken_cache" not in name]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        if path.is_file() and path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if re.search(ONE_MACHINES[what], line)
    ]
    assert found == []
