"""Root folder of the project's files: template.yaml, statemachine/, functions/, layers/ and examples/."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

ROOT = _HERE if (_HERE / "template.yaml").is_file() else _HERE.parents[1]
"""In an installed wheel, the folder of this module; in a checkout, the repository."""
