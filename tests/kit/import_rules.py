"""Allowed imports between the parts of the project; data flows one way."""

from __future__ import annotations

from tests.kit.project import ROOT

RFT = ROOT / "layers" / "rft" / "rft"
INNER = {"errors", "contracts", "text"}
RULES = {"tasks", "datasets", "rewards"}
ENGINES = {"grading", "smoke_test", "training", "forecast", "runs", "evaluation", "report", "experiments", "rounds"}
BELOW_STEPS = INNER | {"ports", "observability"} | RULES | ENGINES

MAY_IMPORT: dict[str, set[str]] = {
    "text": set(),
    "errors": {"text"},
    "settings": set(),
    "observability": {"text"},
    "contracts": {"errors", "text"},
    "ports": INNER,
    "rewards": INNER,
    "tasks": INNER | {"rewards"},
    "datasets": INNER | {"ports", "observability", "tasks"},
    "grading": INNER | {"ports", "observability", "rewards"},
    "training": INNER | {"ports", "observability"},
    "runs": INNER | {"grading", "ports", "training"},
    "smoke_test": INNER | {"ports", "rewards", "tasks", "grading"},
    "forecast": INNER | {"grading"},
    "evaluation": INNER | {"ports", "rewards", "tasks", "grading", "smoke_test"},
    "experiments": INNER | {"ports", "runs", "forecast", "evaluation"},
    "rounds": INNER | {"ports", "tasks", "datasets", "training", "evaluation"},
    "report": INNER | {"ports", "training", "runs", "evaluation"},
    "steps": BELOW_STEPS | {"settings"},
    "adapters": BELOW_STEPS | {"settings"},
    "wiring": {"ports", "settings", "grading", "adapters"},
    "http": INNER | {"observability"},
    "http_parameters": INNER,
    "experiment_routes": INNER | {"observability", "ports", "settings", "wiring", "steps", "http", "http_parameters"},
}
"""Package or module of `rft` → those it may import besides itself. Every part must be listed."""

FUNCTIONS_MAY_IMPORT = set(MAY_IMPORT) - RULES - ENGINES - {"adapters"}
OUTSIDE = {"boto3", "botocore", "tiktoken"}
NEVER_IN_LAMBDA = {
    "functions",
    "emulator",
    "cli",
    "rft_cli",
    "rft_client",
    "rft_console",
    "rft_project",
    "tests",
    "benchmarks",
}

CLI_MAY_IMPORT: dict[str, set[str]] = {
    "text": set(),
    "errors": {"text"},
    "views": {"errors"},
    "graders": {"errors"},
    "models": {"errors"},
    "exporters": {"errors"},
    "commands": {"errors", "views", "graders", "models", "exporters"},
    "app": {"errors", "views", "commands"},
    "pytest_plugin": {"graders"},
    "__main__": {"app"},
    "__init__": set(),
}
"""Package or module of `rft_cli` → those it may import besides itself."""
