"""Lists and shows experiments."""

from __future__ import annotations

from rft.contracts.experiments.record import ExperimentRecord
from rft.contracts.http.experiments import (
    ExperimentAccepted,
    ExperimentLine,
    ExperimentList,
    ExperimentView,
    experiment_links,
)
from rft.ports.experiments import Experiments


def show_experiment(*, experiment_id: str, experiments: Experiments) -> ExperimentView:
    """Returns the experiment. Raises ExperimentNotFound."""
    return experiment_view(experiments.get(experiment_id))


def list_experiments(*, limit: int, cursor: str | None, experiments: Experiments) -> ExperimentList:
    """Returns experiments, newest first. Raises InvalidRequest (cursor)."""
    records, following = experiments.page(limit=limit, cursor=cursor)
    return ExperimentList(experiments=tuple(map(_line, records)), cursor=following)


def experiment_view(record: ExperimentRecord) -> ExperimentView:
    return ExperimentView(**dict(record), links=experiment_links(record.experiment_id))


def experiment_accepted(record: ExperimentRecord) -> ExperimentAccepted:
    return ExperimentAccepted(
        experiment_id=record.experiment_id,
        status=record.status,
        arms=len(record.arms),
        links=experiment_links(record.experiment_id),
    )


def _line(record: ExperimentRecord) -> ExperimentLine:
    board = record.leaderboard
    return ExperimentLine(
        experiment_id=record.experiment_id,
        name=record.name,
        status=record.status,
        created_at=record.created_at,
        updated_at=record.updated_at,
        arms=len(record.arms),
        running=sum(arm.status == "running" for arm in record.arms),
        conclusion=board.conclusion if board else None,
        best=board.best if board else (),
        links=experiment_links(record.experiment_id),
    )
