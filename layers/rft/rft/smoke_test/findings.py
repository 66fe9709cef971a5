"""Findings, from checks: one for each code that blocks or warns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.findings import GraderFinding

FIXES: Mapping[str, str] = {
    "contract": "Return one finite score per sample, with its id, in the order sent; read samples in every shape.",
    "liveness": "Find the reason in the grader's log; an error is no score.",
    "spread": "Print what the grader reads: mostly it never finds the reference or the answer.",
    "direction": "Check by code what code can check, before any judge is called.",
    "minimum": "Score only what the prompt instructs the policy to write.",
    "level": "Weigh the answer over form, effort and nearness; give nothing for an exception.",
    "right_forms": "Read values, not spellings: strip markup, read numbers as numbers, bound no working.",
    "repeatability": "Temperature 0, fewer levels, or several judges; no state and no chance between calls.",
    "batch_independence": "Score each sample by itself: no ranks, no scaling within the batch.",
    "payload_shapes": "Read the sample in every documented shape, as rft.rewards.samples.read_sample does.",
    "same_id": "Cache by the answer, or not at all.",
    "conversation": "Read the last message.",
    "time_of_day": "Take no time into a score.",
    "unreadable": "Score 0 where nothing can be read; let an exception be an error.",
    "form_only": "Give marks for form only together with a value.",
    "refusals": "Compare with the reference before anything else.",
    "echo": "Read the answer from one place of a fixed form.",
    "containment": "Compare whole values, not substrings.",
    "listing": "Take one value from one place; none where there are several.",
    "hedging": "Take one value from one place; none where there are several.",
    "negation": "Take one value from one place; none where there are several.",
    "near_misses": "Compare exactly; round as the reference is rounded.",
    "special_numbers": "Parse numbers strictly; refuse what is not finite; compare signs.",
    "json_variants": "Compare each value for equality; no marks for keys.",
    "forged_references": "Take the reference from the sample alone; fence the answer in a judge's prompt.",
    "style": "Score the value; tell a judge what does not count.",
    "injection": "Fence the answer with a random code; read the judge's reply strictly.",
    "master_keys": "Require the answer's form by code before any judge is called.",
    "length": "Bound the length by code; tell a judge that length does not count.",
    "position": "Judge both orders and average.",
    "human_agreement": "A better judge, a better rubric, or the label by code.",
    "slowness": "Replace nested quantifiers; bound the length that is read.",
    "load": "Call the judge in parallel; raise the timeout, the concurrency or the judge's quota.",
    "sample": "Add rows with right and wrong answers.",
}
"""By check, in short; docs/smoke-test.md says more."""

BLOCK, WARN = "block", "warn"
_SHOWN = (CheckResult.BLOCK, CheckResult.WARN, CheckResult.UNDECIDED)


def findings(checks: Iterable[Check]) -> tuple[GraderFinding, ...]:
    """Blocks first, then in order of weight."""
    found = [finding for check in checks if check.result in _SHOWN for finding in _of_check(check)]
    return tuple(sorted(found, key=lambda finding: finding.severity != BLOCK))


def _of_check(check: Check) -> Iterator[GraderFinding]:
    parts = [part for part in check.parts if part.result in _SHOWN]
    if not parts:
        yield _whole(check)
    for part in parts:
        yield _part(check, part)


def _whole(check: Check) -> GraderFinding:
    example = next(iter(check.worst_examples), None)
    undecided = " (undecided: take more rows)" if check.result == CheckResult.UNDECIDED else ""
    return GraderFinding(
        code=check.name,
        severity=BLOCK if check.result == CheckResult.BLOCK else WARN,
        message=f"{check.detail}{undecided}",
        n=check.n,
        rate=check.value,
        interval=check.interval,
        task_id=example.task_id if example else "",
        answer=example.answer if example else "",
        fix=FIXES[check.name],
    )


def _part(check: Check, part: CheckPart) -> GraderFinding:
    example = next((each for each in check.worst_examples if each.part == part.name), None)
    return GraderFinding(
        code=part.name,
        severity=BLOCK if part.result == CheckResult.BLOCK else WARN,
        message=f"{MEANINGS.get(check.name, 'wrong, and scores as a right answer does')} "
        f"on {round(part.value * part.n)} of {part.n} rows",
        n=part.n,
        rate=part.value,
        interval=part.interval,
        task_id=example.task_id if example else "",
        answer=example.answer if example else "",
        fix=FIXES[check.name],
    )


MEANINGS: Mapping[str, str] = {
    "right_forms": "right, and scores less than half of what the row's best answer does",
    "style": "empty words that raise a wrong answer's score",
    "slowness": "took too long, was ended or failed",
}
