"""Which status may follow which. The ledger enforces this table with conditional writes. Pure."""

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
"""COMPLETED follows SMOKE_TESTING and CALIBRATING in preflight runs only. EVALUATING ends no
other way: there is a model. It follows PENDING where a run begins with an earlier run's model.

REJECTED: refused before any paid job, by the gate (the grader is not trusted) or by a person.
"""

TERMINAL = frozenset(status for status, followers in FOLLOWERS.items() if not followers)


def may_follow(before: S, after: S) -> bool:
    """True where the table allows the change; staying the same is allowed until the run has ended."""
    return after in FOLLOWERS[before] or (before == after and before not in TERMINAL)


def predecessors(after: S) -> frozenset[S]:
    """All statuses from which `after` may be written, itself included unless it is terminal."""
    return frozenset(before for before in FOLLOWERS if may_follow(before, after))


def may_have_job(status: S) -> bool:
    """False while the run is too young for a Bedrock job; for an ended run it is unknown."""
    return status not in {S.PENDING, S.PREPARING, S.SMOKE_TESTING, S.CALIBRATING, S.AWAITING_APPROVAL}
