"""Run all benchmarks, or those named (`python -m benchmarks prepare_dataset`); print one table.

All of them together write docs/appendix/performance.md. The exit code is 1 where a ratio is outside its bound.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.ratios import Ratio, table

HERE = Path(__file__).parent
REPORT = HERE.parent / "docs" / "appendix" / "performance.md"
LIBRARIES = ("pydantic", "tiktoken", "boto3", "moto")


def main(chosen: Sequence[str]) -> int:
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    if unknown := set(chosen) - set(names):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
        return 2
    sections = [_run(name) for name in chosen or names]
    ratios = [ratio for _, measured in sections for ratio in measured]
    print(table(ratios))
    if not chosen:
        REPORT.write_text(_report(sections))
    return 0 if all(ratio.holds for ratio in ratios) else 1


def _run(name: str) -> tuple[str, list[Ratio]]:
    """A benchmark's own words on what it measures, and its ratios."""
    print(f"… {name}", file=sys.stderr, flush=True)
    module = importlib.import_module(f"benchmarks.bench_{name}")
    return (module.__doc__ or "").strip(), module.measure()


def _report(sections: Sequence[tuple[str, Sequence[Ratio]]]) -> str:
    parts = [
        "# Performance",
        "Written by `make bench`; do not edit. Each ratio comes from one run on one machine, so it carries over to "
        "others better than its own figures do.",
        _circumstances(),
        *(f"{words}\n\n{table(ratios)}" for words, ratios in sections),
    ]
    return "\n\n".join(parts) + "\n"


def _circumstances() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"- date: {datetime.now(UTC):%Y-%m-%d}\n"
        f"- machine: {_processor()}, {len(os.sched_getaffinity(0))} cores, {_memory():.0f} GB, {platform.system()}\n"
        f"- versions: Python {platform.python_version()}, {libraries}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
