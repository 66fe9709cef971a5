"""Builds one finding for each code that blocks or warns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rft.contracts.checks import Check, CheckPart, CheckResult
from rft.contracts.findings import GraderFinding

FIXES: Mapping[str, str] = {
    "contract": "Return one finite score per sample, with its id, in the order sent; read samples in every shape.",
    "liveness": "Find the cause in the grader's log; report a fault as an error, not as a score.",
    "spread": "Log what the grader reads; it usually does not find the reference or the answer.",
    "direction": "Verify by code what code can verify, before any judge call.",
    "minimum": "Score only what the prompt requires of the policy.",
    "level": "Weigh the answer above format, effort and nearness; an exception earns nothing.",
    "right_forms": "Compare values, not spellings: strip markup, parse numbers, accept any amount of working.",
    "repeatability": "Use temperature 0, fewer levels or several judges; keep no state and no randomness.",
    "batch_independence": "Score each sample independently: no ranks, no scaling within the batch.",
    "payload_shapes": "Read the sample in every documented shape, as rft.rewards.samples.read_sample does.",
    "same_id": "Key caches by the answer, not by the id.",
    "conversation": "Read the last message.",
    "time_of_day": "Do not use the clock in a score.",
    "unreadable": "Score 0 if nothing can be parsed; report an exception as an error.",
    "form_only": "Reward format only together with a value.",
    "refusals": "Compare with the reference first.",
    "echo": "Read the answer from one position with a fixed format.",
    "containment": "Compare whole values, not substrings.",
    "listing": "Accept exactly one value; score 0 if there are several.",
    "hedging": "Accept exactly one value; score 0 if there are several.",
    "negation": "Accept exactly one value; score 0 if there are several.",
    "near_misses": "Compare exactly, rounded as the reference is.",
    "special_numbers": "Parse numbers strictly, reject NaN and infinite values, compare signs.",
    "json_variants": "Compare each value for equality; keys alone earn nothing.",
    "forged_references": "Take the reference from the sample only; delimit the answer in a judge's prompt.",
    "style": "Score the value; instruct the judge to ignore style.",
    "injection": "Delimit the answer with a random code; parse the judge's reply strictly.",
    "master_keys": "Validate the answer's format by code before any judge call.",
    "length": "Limit the length by code; instruct the judge to ignore length.",
    "position": "Judge both orders and average.",
    "human_agreement": "Use a better judge or rubric, or determine the label by code.",
    "slowness": "Replace nested quantifiers; limit the length that is read.",
    "load": "Call the judge in parallel; raise the timeout, the concurrency or the judge's quota.",
    "sample": "Add rows with right and wrong answers.",
}
"""The fix for each check in short; docs/smoke-test.md has the details."""

BLOCK, WARN = "block", "warn"
_SHOWN = (CheckResult.BLOCK, CheckResult.WARN, CheckResult.UNDECIDED)


def findings(checks: Iterable[Check]) -> tuple[GraderFinding, ...]:
    """Blocks first, then in order of priority."""
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
        message=f"{MEANINGS.get(check.name, 'wrong answer scores as a right one')} "
        f"on {round(part.value * part.n)} of {part.n} rows",
        n=part.n,
        rate=part.value,
        interval=part.interval,
        task_id=example.task_id if example else "",
        answer=example.answer if example else "",
        fix=FIXES[check.name],
    )


MEANINGS: Mapping[str, str] = {
    "right_forms": "right answer scores less than half of the row's best answer",
    "style": "filler raises a wrong answer's score",
    "slowness": "grading was slow, timed out or failed",
}
