"""How often the smoke test blocks simulated judges: `python -m benchmarks.operating_characteristics [SEEDS] [--write]`.

400 seeds a cell by default. `--write` puts the table between the markers in docs/smoke-test.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.kit.judge_simulator import BROKEN, HONEST, Judge, rate

SEEDS = 400
DOCS = Path(__file__).parents[1] / "docs" / "smoke-test.md"
BEGIN, END = "<!-- operating characteristics -->", "<!-- /operating characteristics -->"
CHECKS_SHOWN = 3


def table(seeds: int) -> str:
    """Markdown: a row per judge."""
    head = [f"{seeds} seeds a cell.", "", "| judge | blocked, % | by |", "|---|---|---|"]
    return "\n".join([*head, *_rows("honest", HONEST, seeds), *_rows("broken", BROKEN, seeds)])


def _rows(kind: str, judges: Mapping[str, tuple[Judge, str]], seeds: int) -> list[str]:
    rows = []
    for name, (judge, task_name) in judges.items():
        share, checks = rate(judge, seeds, task_name=task_name)
        by = ", ".join(check.replace("_", " ") for check, _ in checks.most_common(CHECKS_SHOWN))
        rows.append(f"| {kind}: {name} | {share * 100:.1f} | {by} |")
        print(rows[-1], flush=True)
    return rows


def main(arguments: list[str]) -> None:
    """Print the table, or write it into the docs."""
    numbers = [int(each) for each in arguments if each.isdigit()]
    found = table(numbers[0] if numbers else SEEDS)
    if "--write" in arguments:
        before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCS.write_text(f"{before}{BEGIN}\n{found}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
