"""How often the smoke test blocks simulated judges: `python -m benchmarks.operating_characteristics [SEEDS] [--write]`.

The default of 400 seeds per cell takes a few minutes. `--write` writes the table between the markers in
docs/smoke-test.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.kit.array_statistics import array_statistics
from tests.kit.judge_simulator import BROKEN, HONEST, Judge, rate

SEEDS = 400
DOCS = Path(__file__).parents[1] / "docs" / "smoke-test.md"
BEGIN, END = "<!-- operating characteristics -->", "<!-- /operating characteristics -->"
CHECKS_SHOWN = 3


def table(seeds: int) -> str:
    """Return a Markdown table with one row per judge."""
    head = [f"{seeds} seeds a cell.", "", "| judge | blocked, % | by |", "|---|---|---|"]
    judges = [*((f"honest: {name}", *cell) for name, cell in HONEST.items())]
    judges += [*((f"broken: {name}", *cell) for name, cell in BROKEN.items())]
    names, cells, task_names = zip(*judges, strict=True)
    with ProcessPoolExecutor() as pool:
        for name, found in zip(names, pool.map(_rate, cells, task_names, [seeds] * len(judges)), strict=True):
            head.append(_row(name, *found))
            print(head[-1], flush=True)
    return "\n".join(head)


def _rate(judge: Judge, task_name: str, seeds: int) -> tuple[float, Counter[str]]:
    with array_statistics():
        return rate(judge, seeds, task_name=task_name)


def _row(name: str, share: float, checks: Counter[str]) -> str:
    by = ", ".join(check.replace("_", " ") for check, _ in checks.most_common(CHECKS_SHOWN))
    return f"| {name} | {share * 100:.1f} | {by} |"


def main(arguments: list[str]) -> None:
    """Print the table, or write it to docs/smoke-test.md."""
    numbers = [int(each) for each in arguments if each.isdigit()]
    found = table(numbers[0] if numbers else SEEDS)
    if "--write" in arguments:
        before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCS.write_text(f"{before}{BEGIN}\n{found}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
