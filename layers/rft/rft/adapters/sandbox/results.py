"""What a suite's process is given, and what it wrote as results."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rft.contracts.graders.code_tests import CaseResult, CodeTests
from rft.rewards.samples import UngradableSample


def suite_text(tests: CodeTests) -> str:
    """What `suite.run_suite` takes, as JSON."""
    return json.dumps({"setup": tests.setup, "tests": tests.tests})


def suite_results(written: bytes, tests: CodeTests, *, missing: str) -> Sequence[CaseResult]:
    """One result for each test; `missing` is the reason of those that have none. Raises UngradableSample."""
    lines = [json.loads(line) for line in written.splitlines()]
    if lines and "unusable" in lines[-1]:
        raise UngradableSample(f"reference_answer.code: {lines[-1]['unusable']}")
    results = [CaseResult(passed=line["passed"] is True, reason=str(line["reason"])) for line in lines]
    return [*results, *[CaseResult(passed=False, reason=missing)] * (len(tests.tests) - len(results))]
