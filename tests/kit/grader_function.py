"""Loads grader functions by path and calls them with JSON, as Lambda does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rft.contracts.grading import GradeResult
from tests.kit.lambda_runtime import FUNCTIONS, Context, load_function

ROOT = Path(__file__).parents[2]


def grade(name: str, event: Any) -> list[GradeResult]:
    """Call the function and return its results; event and response are serialised as JSON."""
    response = load_function(name).handler(json.loads(json.dumps(event)), Context())
    return [GradeResult.model_validate(result) for result in json.loads(json.dumps(response, allow_nan=False))]


def modules_after_import(name: str) -> set[str]:
    """Return the modules loaded by importing the function, in a new process."""
    code = "import sys, app; print(*sys.modules)"
    path = [str(FUNCTIONS / name), str(ROOT / "layers" / "rft")]
    done = subprocess.run(  # noqa: S603 - this interpreter, our own code
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())
