"""Validates the audit judge of a request's evaluation. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rft.contracts.run_request import JUDGING, RunRequest
from rft.errors import InvalidRequest

FIELD = "evaluation.audit_judge"
_PROFILE = re.compile(r"^(us|eu|apac|global)\.")


def check_audit_judge(
    request: RunRequest, default_grader: str | None, *, judges: Sequence[str], audit_judge: str
) -> None:
    """Raises InvalidRequest unless it is the stack's `audit_judge`, and of another vendor than its `judges`."""
    name = request.evaluation.audit_judge
    if name is None:
        return
    if request.grader is None and default_grader not in JUDGING:
        raise InvalidRequest(f"is supported by the graders {' and '.join(JUDGING)} only", field=FIELD)
    if name != audit_judge:
        known = (
            f"this stack's audit judge is {audit_judge}"
            if audit_judge
            else "this stack has none: set AuditJudgeModelId"
        )
        raise InvalidRequest(f"{name} is not the audit judge; {known}", field=FIELD)
    same = [judge for judge in judges if vendor(judge) == vendor(name)]
    if same:
        raise InvalidRequest(
            f"{name} is from the same vendor as the judge {same[0]}; choose a model of another vendor", field=FIELD
        )


def vendor(model_id: str) -> str:
    """Vendor in the id of a model or an inference profile: `amazon` for us.amazon.nova-pro-v1:0."""
    return _PROFILE.sub("", model_id).partition(".")[0]
