"""Checks of valid records: repeated prompts, leaks between splits, imbalanced labels, empty references.

A result states if it covers only a sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rft.contracts.checks import Check, CheckPart, CheckResult, DatasetChecks
from rft.contracts.dataset import SplitName
from rft.contracts.run_request import Split
from rft.datasets.profile import DatasetProfile, Rows

REPEATED_WARN = 0.01
NEAR_WARN = 0.10
LEAK_WARN = 0.01
LABEL_WARN = 0.90
DROPPED_BLOCK = 0.50
SCRIPT_WARN = 0.10
"""docs/forecast.md explains each limit."""


@dataclass(frozen=True)
class RowFigures:
    """Figures of all rows, without their texts.

    `rows` counts them by split, `labels` by label, `prompt_tokens` by prompt length. `shared_rows`: rows outside
    training that share their group with a training row.
    """

    split: Split
    rows: Mapping[SplitName, int]
    shared_rows: int
    labels: Mapping[str, int]
    prompt_tokens: Mapping[int, int]
    max_prompt_length: int


def check_rows(run_id: str, figures: RowFigures, read: DatasetProfile, more: Sequence[Check] = ()) -> DatasetChecks:
    total, rows_read = sum(figures.rows.values()), read.rows.total()
    of_read = (
        _share_of("repeated_prompts", read.repeated, rows_read, "rows repeat an earlier prompt", REPEATED_WARN),
        _share_of("near_duplicates", read.near, rows_read, "rows nearly repeat an earlier prompt", NEAR_WARN),
        _leaks(read, grouped=figures.split.strategy == "grouped"),
        _references(read),
        _scripts(read.scripts),
    )
    checks = (
        _shared_groups(figures),
        _prompt_length(figures),
        *(check if rows_read == total else _of_a_sample(check, rows_read, total) for check in of_read),
        _label_balance(figures.labels),
        *more,
        Check(name="base_model_misses", result=CheckResult.SKIPPED, detail="the base model is not calibrated yet"),
    )
    return DatasetChecks(run_id=run_id, rows=total, rows_read=rows_read, checks=checks)


def blocks(found: DatasetChecks) -> tuple[str, ...]:
    """Reasons against training on the dataset; empty if there are none."""
    return tuple(f"{check.name}: {check.detail}" for check in found.checks if check.result is CheckResult.BLOCK)


def _shared_groups(figures: RowFigures) -> Check:
    """Rows outside training that share their group (for PandaLM: instruction and input) with a training row."""
    shared, others = figures.shared_rows, figures.rows["validation"] + figures.rows["test"]
    share = shared / others if others else 0.0
    grouped = figures.split.strategy == "grouped"
    result = CheckResult.PASS if not shared else CheckResult.BLOCK if grouped else CheckResult.WARN
    detail = f"{shared} of {others} validation and test rows share their question with a training row"
    why = ": a grouped split must not do that" if grouped else ": they measure memory; a grouped split would not"
    return Check(
        name="shared_groups",
        result=result,
        detail=detail + (why if shared else ""),
        n=others,
        value=share,
        comparison="<=",
        unit="%",
        limit=0.0 if grouped else None,
        warn_limit=0.0,
        statistic="share of validation and test rows",
    )


def _prompt_length(figures: RowFigures) -> Check:
    """Prompts that Bedrock would drop."""
    longer = sum(count for length, count in figures.prompt_tokens.items() if length > figures.max_prompt_length)
    total = sum(figures.prompt_tokens.values())
    share = longer / total if total else 0.0
    result = CheckResult.BLOCK if share > DROPPED_BLOCK else CheckResult.WARN if longer else CheckResult.PASS
    detail = f"{longer} of {total} prompts are over maxPromptLength ({figures.max_prompt_length} tokens, an estimate)"
    return Check(
        name="prompt_length",
        result=result,
        detail=detail + (" and would be dropped from training" if longer else ""),
        n=total,
        value=share,
        comparison="<=",
        unit="%",
        limit=DROPPED_BLOCK,
        warn_limit=0.0,
        statistic="share of prompts",
    )


def _share_of(name: str, rows: Rows, n: int, what: str, warn: float) -> Check:
    share = rows.count / n if n else 0.0
    return Check(
        name=name,
        result=CheckResult.WARN if share > warn else CheckResult.PASS,
        detail=f"{rows.count} of {n} {what}",
        n=n,
        value=share,
        comparison="<=",
        unit="%",
        warn_limit=warn,
        statistic="share of rows",
        worst_examples=tuple(rows.first),
    )


def _leaks(read: DatasetProfile, *, grouped: bool) -> Check:
    """Prompts outside training that (nearly) duplicate a training prompt; in a random split, any of them blocks."""
    what = "validation and test rows have a prompt that a training row has, or nearly has"
    n = read.rows["validation"] + read.rows["test"]
    return _share_of("leaks", read.leaked, n, what, LEAK_WARN if grouped else 0.0)


def _references(read: DatasetProfile) -> Check:
    found = _share_of("references", read.empty, read.rows.total(), "reference answers are empty", 0.0)
    if len(read.references) != 1 or found.n < 2:
        return found
    same = f"{found.detail}; all rows have one and the same, so that one answer is always right"
    return found.model_copy(update={"result": CheckResult.WARN, "detail": same})


def _label_balance(labels: Mapping[str, int]) -> Check:
    total = sum(labels.values())
    if not total:
        return Check(name="label_balance", result=CheckResult.SKIPPED, detail="the task has no labels")
    most, count = max(labels.items(), key=lambda each: (each[1], each[0]))
    share = count / total
    return Check(
        name="label_balance",
        result=CheckResult.WARN if share > LABEL_WARN else CheckResult.PASS,
        detail=f"{share:.0%} of {total} labels are {most}, the most frequent of {len(labels)}",
        n=total,
        value=share,
        comparison="<=",
        unit="%",
        warn_limit=LABEL_WARN,
        statistic="share of the most frequent label",
        parts=tuple(CheckPart(name=name, n=n, value=n / total) for name, n in sorted(labels.items())),
    )


def _scripts(scripts: Mapping[str, Counter[str]]) -> Check:
    """Compares the writing systems of training with the other splits: total variation distance of their shares."""
    training, others = scripts["train"], scripts["validation"] + scripts["test"]
    everything = training + others
    if not training or not others:
        return Check(name="scripts", result=CheckResult.SKIPPED, detail="the prompts of a split hold no letters")
    shares = [(script, count / everything.total()) for script, count in everything.most_common(5)]
    apart = sum(abs(_share(training, script) - _share(others, script)) for script in everything) / 2
    mix = ", ".join(f"{script} {share:.1%}" for script, share in shares)
    return Check(
        name="scripts",
        result=CheckResult.WARN if apart > SCRIPT_WARN else CheckResult.PASS,
        detail=f"letters: {mix}; training differs from the other splits by {apart:.1%}",
        n=everything.total(),
        value=apart,
        comparison="<=",
        unit="%",
        warn_limit=SCRIPT_WARN,
        statistic="total variation distance",
        parts=tuple(CheckPart(name=script, n=everything[script], value=share) for script, share in shares),
    )


def _share(counts: Counter[str], script: str) -> float:
    return counts[script] / counts.total()


def _of_a_sample(check: Check, rows_read: int, rows: int) -> Check:
    return check.model_copy(update={"detail": f"{check.detail} (a sample of {rows_read} of {rows} rows)"})
