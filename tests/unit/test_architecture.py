"""What holds the parts together: imports point one way, a step has one name, nothing of one machine is committed."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

import pytest

from tests.kit.import_rules import (
    CLI_MAY_IMPORT,
    ENGINES,
    FUNCTIONS_MAY_IMPORT,
    MAY_IMPORT,
    NEVER_IN_LAMBDA,
    OUTSIDE,
    RFT,
)
from tests.kit.project import ROOT
from tests.kit.source_files import (
    bound_names,
    functions,
    imports,
    imports_at_run_time,
    length,
    parsed,
    public_names,
    python_files,
)


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
def test_only_adapters_import_outside_libraries(library: str) -> None:
    users = {p for p in shipped_files() for name in imports(p) if name.split(".")[0] == library}
    assert [p for p in users if not p.is_relative_to(RFT / "adapters")] == []


def test_shipped_code_imports_nothing_unavailable_in_lambda() -> None:
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


def test_the_client_imports_nothing_of_the_command() -> None:
    """Nor the emulator: it is what others build on."""
    users = [(p, name) for p in python_files(ROOT / "cli" / "rft_client") for name in imports(p)]
    assert [str(p) for p, name in users if name.split(".")[0] in {"rft_cli", "emulator"}] == []


def test_only_the_test_kit_is_imported_by_tests_and_benchmarks() -> None:
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


IMPORT_ROOTS = (
    {"rft": ROOT / "layers" / "rft"}
    | dict.fromkeys(("rft_cli", "rft_client", "rft_console", "rft_project"), ROOT / "cli")
    | dict.fromkeys(("emulator", "tests", "benchmarks"), ROOT)
)


def test_every_import_of_a_project_module_resolves() -> None:
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


def test_no_module_has_a_vague_name() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    names = {p for folder in ("layers/rft", "functions", "cli", "emulator") for p in python_files(ROOT / folder)}
    assert [str(p) for p in names if vague & {p.stem, *p.parent.relative_to(ROOT).parts}] == []


CODE = ("layers/rft", "functions", "cli", "emulator")
EVERYTHING = (*CODE, "tests", "benchmarks")

NOT_THE_FIELDS = {
    *("ask", "asks", "asking", "asked", "tell", "told", "said", "look", "looks", "looked", "held", "kept", "beside"),
    *("wanted", "struck", "mend", "worth", "minima", "tallies", "thinning", "stretch", "traits", "wording", "narrator"),
    *("world", "zoo", "courses", "complaints", "notices", "worst"),
}
"""Words of which no name is made: an engineer of this field would search for another one."""

FIELDS_TERMS = {"held_out", "worst_examples"}
OLD_NAMES = {"go_on", "at_work", "packed", "KeptState", "Seen", "Tried", "Material", "Blame", "NOT_DONE"}


def is_the_fields(name: str) -> bool:
    """Test names are sentences and may hold any word."""
    rest = re.sub("|".join(FIELDS_TERMS), "", name, flags=re.IGNORECASE)
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", rest)}
    old = name in OLD_NAMES or re.match(r"_?(MOST|LEAST)_", name)
    return name.startswith("test_") or not (words & NOT_THE_FIELDS or old)


@pytest.mark.parametrize("folder", EVERYTHING)
def test_names_use_the_fields_vocabulary(folder: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_files(ROOT / folder)
        for name in bound_names(parsed(path))
        if not is_the_fields(name)
    }
    assert found == set()


SAME_NAME_TWICE = {
    "components": "each rewards module's entry point; graders and the composite find it by the module's name",
    "right_forms": "a family of derived probes, and the check of their scores",
    "style": "a family of derived probes, and the check of their scores",
}
"""Public name of several modules of `rft` → why."""


def test_a_public_name_of_rft_is_in_one_module() -> None:
    modules = defaultdict(list)
    for path in python_files(RFT):
        for name in public_names(path):
            modules[name].append(str(path.relative_to(RFT)))
    assert {name: where for name, where in modules.items() if len(where) > 1 and name not in SAME_NAME_TWICE} == {}
    assert {name for name in SAME_NAME_TWICE if len(modules[name]) < 2} == set()


PORTS = {
    node.name
    for path in python_files(RFT / "ports")
    for node in parsed(path).body
    if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)
}


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_module_states_whether_it_is_pure(engine: str) -> None:
    """In its first line; one that is pure imports no port."""
    for path in python_files(RFT / engine):
        if path.name == "__init__.py":
            continue
        first_line = (ast.get_docstring(parsed(path)) or "").split("\n")[0]
        takes = bool(PORTS & {alias.name for node in ast.walk(parsed(path)) for alias in getattr(node, "names", ())})
        assert re.search(r"\bTakes ports\b" if takes else r"\b(Pure|Takes ports)\b", first_line), path.relative_to(ROOT)


MAX_TEST_NAME = 70


def test_a_tests_name_fits_a_line() -> None:
    found = [node.name for path in python_files(ROOT / "tests") for node in functions(path)]
    assert [name for name in found if name.startswith("test_") and len(name) > MAX_TEST_NAME] == []


# ---- sizes --------------------------------------------------------------------------------------------------------

MAX_MODULES = 25
MAX_FUNCTION_LINES = 40
MAX_MEDIAN_LINES = 8
MAX_FILE_LINES = 300


def code_files() -> list[Path]:
    return [path for folder in CODE for path in python_files(ROOT / folder)]


def test_no_folder_has_too_many_modules() -> None:
    modules = Counter(p.parent.relative_to(ROOT) for p in code_files() if p.name != "__init__.py")
    assert {str(folder): n for folder, n in modules.items() if n > MAX_MODULES} == {}


def test_functions_are_short() -> None:
    lengths = {f"{p.relative_to(ROOT)}: {node.name}": length(node) for p in code_files() for node in functions(p)}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}
    assert median(lengths.values()) <= MAX_MEDIAN_LINES


@pytest.mark.parametrize("folder", EVERYTHING)
def test_files_are_short(folder: str) -> None:
    lines = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in python_files(ROOT / folder)}
    assert {path: count for path, count in lines.items() if count > MAX_FILE_LINES} == {}
