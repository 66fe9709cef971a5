"""Imports a grader's file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from rft_cli.errors import CommandError


def load_module(path: Path) -> ModuleType:
    """Imports the file as a module. Raises CommandError if it is missing or cannot be imported."""
    spec = importlib.util.spec_from_file_location(f"grader_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise CommandError(f"{path}: no such Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CommandError(f"Cannot load {path}: {type(error).__name__}: {error}") from error
    return module
