"""Serialises suites, and parses results of suites and programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rft.contracts.graders.code_tests import CaseResult, CodeTests, Exchange
from rft.rewards.code import same_output
from rft.rewards.samples import UngradableSample


def suite_text(tests: CodeTests) -> str:
    """JSON input of `suite.run_suite`."""
    return json.dumps({"setup": tests.setup, "tests": tests.tests})


def suite_results(written: bytes, tests: CodeTests, *, missing: str) -> Sequence[CaseResult]:
    """One result per test; tests without a result fail with the reason `missing`.

    Raises UngradableSample if the tests cannot be run.
    """
    lines = [json.loads(line) for line in written.splitlines()]
    if lines and "unusable" in lines[-1]:
        raise UngradableSample(f"reference_answer.code: {lines[-1]['unusable']}")
    results = [CaseResult(passed=line["passed"] is True, reason=str(line["reason"])) for line in lines]
    return [*results, *[CaseResult(passed=False, reason=missing)] * (len(tests.tests) - len(results))]


def most_output(exchange: Exchange) -> int:
    """Maximum bytes of a program's output; longer output fails the test."""
    return 2 * len(exchange.stdout.encode()) + 65_536


def exchange_reason(end: Mapping[str, Any], output: str, exchange: Exchange) -> str:
    """Reason for the failure of a program, from its end and output; '' if it passed."""
    if end["stopped"]:
        return "printed more than twice the expected output and 64 KiB"
    if end["timed_out"]:
        return "timed out"
    if end["status"]:
        return "ended with an error" if end["status"] > 0 else f"was ended by signal {-end['status']}"
    return "" if same_output(output, exchange.stdout) else "wrong output"
