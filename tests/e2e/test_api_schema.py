"""The API keeps to its own description, whatever is sent: schemathesis makes the requests."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.e2e.signing import Signature, send
from tests.kit.stack_harness import StackHarness

pytestmark = pytest.mark.emulator

CASES = 50
"""Of each operation, and of each kind: as described, and not."""

MIN_CASES = 500
OPERATIONS = [
    ("/runs", "POST"),
    ("/runs", "GET"),
    ("/runs/{run_id}", "GET"),
    ("/runs/{run_id}/events", "GET"),
    ("/runs/{run_id}/cancel", "POST"),
    ("/runs/{run_id}/approve", "POST"),
    ("/runs/{run_id}/report", "GET"),
    ("/runs/{run_id}/rollouts", "GET"),
    ("/runs/{run_id}/files", "GET"),
    ("/deployments", "GET"),
    ("/deployments/{name}/rollback", "POST"),
    ("/openapi.json", "GET"),
    ("/deployments/{name}", "DELETE"),
    ("/experiments", "GET"),
    ("/experiments", "POST"),
    ("/experiments/{experiment_id}", "GET"),
    ("/experiments/{experiment_id}/cancel", "POST"),
]
"""What the template routes, but for the description itself."""
WITHOUT_PARAMETERS = {"/deployments", "/openapi.json"}
"""No request to these can fail to fit."""

sent: Counter[str] = Counter()
modest = settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def description(bench: StackHarness) -> Any:
    document = schemathesis.openapi.from_dict(send(bench, "GET", "/openapi.json").json())
    document.config.update(base_url=bench.aws.api_url)
    document.config.generation.update(with_security_parameters=False)  # the signature is ours to add
    return document


def test_every_operation_is_tested(description: Any) -> None:
    described = {(o.ok().path, o.ok().method.upper()) for o in description.get_all_operations()}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(
    ("path", "method", "kind"),
    [
        pytest.param(path, method, kind, id=f"{path}-{method}-{name}")
        for path, method in OPERATIONS
        for name, kind in (("fitting", GenerationMode.POSITIVE), ("unfitting", GenerationMode.NEGATIVE))
        if not (path in WITHOUT_PARAMETERS and kind == GenerationMode.NEGATIVE)
    ],
)
def test_every_response_matches_the_description(
    bench: StackHarness, description: Any, path: str, method: str, kind: GenerationMode
) -> None:
    """No 5xx, no answer that is not described, no yes to what does not fit.

    Not all that fits is taken: which tasks, graders and cursors there are is for no schema to say.
    """
    signature = Signature(bench)

    @modest
    @given(case=description[path][method].as_strategy(generation_mode=kind))
    def check(case: Any) -> None:
        sent[f"{method} {path}"] += 1
        case.call_and_validate(auth=signature, excluded_checks=[positive_data_acceptance])

    check()


def test_enough_requests_were_generated() -> None:
    assert sum(sent.values()) >= MIN_CASES, sent
