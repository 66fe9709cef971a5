"""Status transition table, enforced by the ledger with conditional writes. Pure."""

from __future__ import annotations

from rft.contracts.ledger import RunStatus as S

_ENDINGS = frozenset({S.FAILED, S.CANCELLED})

FOLLOWERS: dict[S, frozenset[S]] = {
    S.PENDING: frozenset({S.PREPARING, S.EVALUATING}) | _ENDINGS,
    S.PREPARING: frozenset({S.SMOKE_TESTING}) | _ENDINGS,
    S.SMOKE_TESTING: frozenset({S.CALIBRATING, S.AWAITING_APPROVAL, S.STARTING, S.COMPLETED, S.REJECTED}) | _ENDINGS,
    S.CALIBRATING: frozenset({S.AWAITING_APPROVAL, S.STARTING, S.COMPLETED, S.REJECTED}) | _ENDINGS,
    S.AWAITING_APPROVAL: frozenset({S.STARTING, S.REJECTED}) | _ENDINGS,
    S.STARTING: frozenset({S.TRAINING}) | _ENDINGS,
    S.TRAINING: frozenset({S.EVALUATING, S.COMPLETED}) | _ENDINGS,
    S.EVALUATING: frozenset({S.COMPLETED}),
    S.COMPLETED: frozenset(),
    S.FAILED: frozenset(),
    S.REJECTED: frozenset(),
    S.CANCELLED: frozenset(),
}
"""COMPLETED follows SMOKE_TESTING and CALIBRATING in preflight runs only.

EVALUATING always ends as COMPLETED because there is a model; it follows PENDING if a run starts with an earlier run's
model. REJECTED: ended before any paid job, by the smoke test (untrusted grader) or by a person.
"""

TERMINAL = frozenset(status for status, followers in FOLLOWERS.items() if not followers)


def may_follow(before: S, after: S) -> bool:
    """True if the table allows the change; a repeated status is allowed unless it is terminal."""
    return after in FOLLOWERS[before] or (before == after and before not in TERMINAL)


def predecessors(after: S) -> frozenset[S]:
    """All statuses from which `after` may be written, including itself unless it is terminal."""
    return frozenset(before for before in FOLLOWERS if may_follow(before, after))


def may_have_job(status: S) -> bool:
    """False if the run has not reached the job's stage; True for ended runs, where it is unknown."""
    return status not in {S.PENDING, S.PREPARING, S.SMOKE_TESTING, S.CALIBRATING, S.AWAITING_APPROVAL}
